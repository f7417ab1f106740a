// The gradients of convolutions as products with patches: what lies under the filter at one position of it, as a row. Some
// rows at a time, so that they stay in the second cache.
import { addTo, copy } from "./rows";
import { product, productBytes } from "./product";

const PATCH_FLOATS: i32 = 65536;

/** How much memory the gradients need to work in, for patches of so many numbers. */
export function convolutionBytes(patch: i32): i32 {
  return productBytes() + 4 * (max(PATCH_FLOATS, 64 * patch) + 4);
}

@inline
function rowsAtATime(patch: i32): i32 {
  return max(64, PATCH_FLOATS / patch);
}

// Rows `first` to `end` of the patches of images [batch, height, width, channels], zeros where a patch lies outside. With
// `back` the other way: each patch is added to the place in the images that it came from.
@inline
function patches(
  images: usize,
  height: i32,
  width: i32,
  channels: i32,
  filterHeight: i32,
  filterWidth: i32,
  top: i32,
  left: i32,
  strideHeight: i32,
  strideWidth: i32,
  outHeight: i32,
  outWidth: i32,
  first: i32,
  end: i32,
  rows: usize,
  back: bool,
): void {
  const pixel = <usize> channels << 2, line = <usize> filterWidth * pixel;
  for (let position = first; position < end; position++) {
    const above = position / outWidth, image = above / outHeight;
    const y = (above - image * outHeight) * strideHeight - top, x = (position - above * outWidth) * strideWidth - left;
    const from = max(0, -x), to = min(filterWidth, width - x), inside = to - from;
    for (let row = y; row < y + filterHeight; row++) {
      if (row < 0 || row >= height || inside <= 0) {
        if (!back) memory.fill(rows, 0, line);
      } else {
        const place = images + <usize> ((image * height + row) * width + x + from) * pixel;
        const middle = rows + <usize> from * pixel;
        if (back) addTo(place, middle, inside * channels);
        else {
          if (from > 0) memory.fill(rows, 0, <usize> from * pixel);
          copy(middle, place, inside * channels);
          if (to < filterWidth) memory.fill(rows + <usize> to * pixel, 0, <usize> (filterWidth - to) * pixel);
        }
      }
      rows += line;
    }
  }
}

/** filter ← patches(x)ᵀ dy, the gradient of the filter [filterHeight, filterWidth, channels, outChannels]. */
export function filterGradient(
  x: usize,
  dy: usize,
  filter: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  filterHeight: i32,
  filterWidth: i32,
  top: i32,
  left: i32,
  strideHeight: i32,
  strideWidth: i32,
  outHeight: i32,
  outWidth: i32,
  outChannels: i32,
  scratch: usize,
): void {
  const patch = filterHeight * filterWidth * channels, count = batch * outHeight * outWidth, some = rowsAtATime(patch);
  const rows = (scratch + productBytes() + 15) & ~15, row = <usize> patch << 2, outRow = <usize> outChannels << 2;
  for (let first = 0; first < count; first += some) {
    const end = min(count, first + some);
    patches(
      x, height, width, channels, filterHeight, filterWidth, top, left, strideHeight, strideWidth, outHeight, outWidth,
      first, end, rows, false,
    );
    product(
      patch, outChannels, end - first,
      rows, 4, row,
      dy + <usize> first * outRow, outRow, 4,
      filter, outRow, scratch, first > 0,
    );
  }
}

/** x ← the gradient of the input [batch, height, width, channels]: the patches dy filterᵀ, each added to where it lies. */
export function inputGradient(
  x: usize,
  dy: usize,
  filter: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: i32,
  filterHeight: i32,
  filterWidth: i32,
  top: i32,
  left: i32,
  strideHeight: i32,
  strideWidth: i32,
  outHeight: i32,
  outWidth: i32,
  outChannels: i32,
  scratch: usize,
): void {
  const patch = filterHeight * filterWidth * channels, count = batch * outHeight * outWidth, some = rowsAtATime(patch);
  const rows = (scratch + productBytes() + 15) & ~15, row = <usize> patch << 2, outRow = <usize> outChannels << 2;
  memory.fill(x, 0, <usize> (batch * height * width * channels) << 2);
  for (let first = 0; first < count; first += some) {
    const end = min(count, first + some);
    product(
      end - first, patch, outChannels,
      dy + <usize> first * outRow, outRow, 4,
      filter, 4, outRow,
      rows, row, scratch, false,
    );
    patches(
      x, height, width, channels, filterHeight, filterWidth, top, left, strideHeight, strideWidth, outHeight, outWidth,
      first, end, rows, true,
    );
  }
}
