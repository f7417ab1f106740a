// Convolutions and their gradients as products with patches, a row of numbers a position: the patches are never laid out in
// memory as a matrix, but packed at once as the product reads them.
import { batch, CHUNK, chunkImages, filterHeight, line, linesOf, lineStep, next, outArea, pad, rewind, setConvolution } from "./padded";
import { SUMMED } from "./filter_gradient";
import { pack, packLines } from "./pack";
import { BLOCK_COLUMNS, BLOCK_ROWS, DEPTH, multiplyPanels, product, productBytes, TILE_COLUMNS, TILE_ROWS } from "./product";
import { addTo } from "./rows";

// Where patches do have to be laid out, so many at a time that they stay in the second cache.
const PATCH_FLOATS: i32 = 65536;

/**
 * How much memory the convolutions need to work in.
 *
 * @param line The numbers in a line of the filter, of the more numerous of its input and output channels.
 * @param patch Those in a patch.
 * @param filter Those in the filter.
 * @param image Those in an image with the zeros around it, of the larger of input and output.
 */
export function convolutionBytes(line: i32, patch: i32, filter: i32, image: i32): i32 {
  const depth = max(DEPTH, line), rows = max(BLOCK_ROWS, line) + TILE_ROWS, small = TILE_ROWS * TILE_COLUMNS + rows + 32;
  const convolving = depth * (BLOCK_ROWS + TILE_ROWS + BLOCK_COLUMNS) + filter, summing = depth * BLOCK_COLUMNS + rows * SUMMED;
  return max(4 * (max(CHUNK, image) + max(convolving, summing) + small), productBytes() + 4 * (max(PATCH_FLOATS, 64 * patch) + 4));
}

// out ← patches · filter: [positions, outChannels] of the convolution at hand.
function convolve(filter: usize, outChannels: i32, out: usize, scratch: usize): void {
  const outRow = <usize> outChannels << 2, some = linesOf(DEPTH), step = lineStep();
  const edge = (scratch + 15) & ~15, panels = edge + (<usize> (TILE_ROWS * TILE_COLUMNS) << 2);
  const block = panels + (<usize> (max(DEPTH, line) * BLOCK_COLUMNS) << 2);
  const images = block + (<usize> (max(DEPTH, line) * (BLOCK_ROWS + TILE_ROWS)) << 2), chunk = chunkImages();
  for (let image = 0; image < batch; image += chunk) {
    const end = min(batch, image + chunk), positions = (end - image) * outArea;
    pad(image, end, images);
    for (let j0 = 0; j0 < outChannels; j0 += BLOCK_COLUMNS) {
      const width = min(BLOCK_COLUMNS, outChannels - j0);
      for (let l0 = 0; l0 < filterHeight; l0 += some) {
        const lines = min(some, filterHeight - l0), depth = lines * line, skip = <usize> l0 * step;
        for (let j = 0; j < width; j += TILE_COLUMNS) {
          const from = filter + <usize> (l0 * line) * outRow + (<usize> (j0 + j) << 2);
          pack(panels + (<usize> (j * depth) << 2), from, 4, outRow, min(TILE_COLUMNS, width - j), depth, TILE_COLUMNS);
        }
        rewind();
        for (let i0 = 0; i0 < positions; i0 += BLOCK_ROWS) {
          const count = min(BLOCK_ROWS, positions - i0);
          let to = block;
          for (let i = 0; i < count; i += TILE_ROWS) { // beyond the last position the rows do not matter
            let a = next() + skip, b = i + 1 < count ? next() + skip : a, c = i + 2 < count ? next() + skip : a;
            let d = i + 3 < count ? next() + skip : a;
            for (let l = 0; l < lines; l++) {
              packLines(to, a, b, c, d, line);
              to += <usize> line << 4;
              a += step;
              b += step;
              c += step;
              d += step;
            }
          }
          const at = out + <usize> (image * outArea + i0) * outRow + (<usize> j0 << 2);
          multiplyPanels(block, count, panels, width, depth, at, outRow, edge, l0 > 0);
        }
      }
    }
  }
}

/** out ← the convolution of images [batch, height, width, channels] with a filter [filterHeight, filterWidth, channels, outChannels]. */
export function convolution(
  x: usize,
  filter: usize,
  out: usize,
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
  setConvolution(
    x, batch, height, width, channels, filterHeight, filterWidth, top, left, strideHeight, strideWidth, outHeight, outWidth,
  );
  convolve(filter, outChannels, out, scratch);
}

/**
 * x ← the gradient of the input [batch, height, width, channels]. With strides of 1 it is mostly itself a convolution, of
 * dy with the filter turned around; else the patches dy filterᵀ, each added to where it lies.
 */
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
  const window = filterHeight * filterWidth;
  // turned around, tiles of the result are less full where there are few channels, and zeros are multiplied
  const tiles = (channels + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS * height * width;
  if (strideHeight == 1 && strideWidth == 1 && 4 * tiles <= 5 * channels * outHeight * outWidth) {
    const turned = scratch, rest = scratch + (<usize> (window * channels * outChannels) << 2);
    turn(filter, window, channels, outChannels, turned);
    const above = filterHeight - 1 - top, before = filterWidth - 1 - left;
    setConvolution(dy, batch, outHeight, outWidth, outChannels, filterHeight, filterWidth, above, before, 1, 1, height, width);
    convolve(turned, channels, x, rest);
    return;
  }
  const patch = window * channels, count = batch * outHeight * outWidth, some = max(64, PATCH_FLOATS / patch);
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
    let from = rows;
    for (let position = first; position < end; position++) {
      const above = position / outWidth, image = above / outHeight;
      const y = (above - image * outHeight) * strideHeight - top, left0 = (position - above * outWidth) * strideWidth - left;
      const begin = max(0, -left0), stop = min(filterWidth, width - left0);
      for (let line = y; line < y + filterHeight; line++) {
        if (line >= 0 && line < height && begin < stop) {
          const place = x + (<usize> (((image * height + line) * width + left0 + begin) * channels) << 2);
          addTo(place, from + (<usize> (begin * channels) << 2), (stop - begin) * channels);
        }
        from += <usize> (filterWidth * channels) << 2;
      }
    }
  }
}

// to[window − 1 − k, o, c] ← filter[k, c, o]
function turn(filter: usize, window: i32, channels: i32, outChannels: i32, to: usize): void {
  for (let k = window - 1; k >= 0; k--) {
    for (let o = 0; o < outChannels; o++) {
      let from = filter + (<usize> (k * channels * outChannels + o) << 2);
      for (let c = 0; c < channels; c++) {
        store<f32>(to, load<f32>(from));
        from += <usize> outChannels << 2;
        to += 4;
      }
    }
  }
}
