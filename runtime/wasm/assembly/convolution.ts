// Convolutions and their gradients as products with patches, a row of numbers a position: the patches are never laid out in
// memory as a matrix, but packed at once as the product reads them.
import { SUMMED } from "./filter_gradient";
import { Geometry } from "./geometry";
import { CHUNK, chunkImages, linesOf, lineStep, pad, patches } from "./padded";
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
  const depth = max(DEPTH, line), rows = max(BLOCK_ROWS, line) + TILE_ROWS;
  const small = (<i32> offsetof<Geometry>() >> 2) + TILE_ROWS * TILE_COLUMNS + max(BLOCK_ROWS, SUMMED) + rows + 32;
  const convolving = depth * (BLOCK_ROWS + TILE_ROWS + BLOCK_COLUMNS) + filter, summing = depth * BLOCK_COLUMNS + rows * SUMMED;
  return max(4 * (max(CHUNK, image) + max(convolving, summing) + small), productBytes() + 4 * (max(PATCH_FLOATS, 64 * patch) + 4));
}

/** out ← the convolution of images [batch, height, width, channels] with a filter [filterHeight, filterWidth, channels, outChannels]. */
export function convolution(geometry: Geometry, x: usize, filter: usize, out: usize, batch: i32, scratch: usize): void {
  const filterHeight = geometry.filterHeight, line = geometry.line, outArea = geometry.outArea, outChannels = geometry.outChannels;
  const outRow = <usize> outChannels << 2, some = linesOf(geometry, DEPTH), step = lineStep(geometry);
  const edge = (scratch + 15) & ~15, places = edge + (<usize> (TILE_ROWS * TILE_COLUMNS) << 2), panels = places + (<usize> BLOCK_ROWS << 2);
  const block = panels + (<usize> (max(DEPTH, line) * BLOCK_COLUMNS) << 2);
  const copies = block + (<usize> (max(DEPTH, line) * (BLOCK_ROWS + TILE_ROWS)) << 2), chunk = chunkImages(geometry);
  for (let image = 0; image < batch; image += chunk) {
    const end = min(batch, image + chunk), positions = (end - image) * outArea;
    pad(geometry, x, image, end, copies);
    for (let j0 = 0; j0 < outChannels; j0 += BLOCK_COLUMNS) {
      const width = min(BLOCK_COLUMNS, outChannels - j0);
      for (let l0 = 0; l0 < filterHeight; l0 += some) {
        const lines = min(some, filterHeight - l0), depth = lines * line, skip = <usize> l0 * step;
        for (let j = 0; j < width; j += TILE_COLUMNS) {
          const from = filter + <usize> (l0 * line) * outRow + (<usize> (j0 + j) << 2);
          pack(panels + (<usize> (j * depth) << 2), from, 4, outRow, min(TILE_COLUMNS, width - j), depth, TILE_COLUMNS);
        }
        for (let i0 = 0; i0 < positions; i0 += BLOCK_ROWS) {
          const count = min(BLOCK_ROWS, positions - i0);
          let to = block;
          patches(geometry, copies, i0, count, places);
          for (let i = 0; i < count; i += TILE_ROWS) { // beyond the last position the rows do not matter
            const at = places + (<usize> i << 2);
            let a = load<usize>(at) + skip, b = i + 1 < count ? load<usize>(at, 4) + skip : a;
            let c = i + 2 < count ? load<usize>(at, 8) + skip : a, d = i + 3 < count ? load<usize>(at, 12) + skip : a;
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

/**
 * x ← the gradient of the input [batch, height, width, channels]. With strides of 1 it is mostly itself a convolution, of
 * dy with the filter turned around; else the patches dy filterᵀ, each added to where it lies.
 */
export function inputGradient(geometry: Geometry, x: usize, dy: usize, filter: usize, batch: i32, scratch: usize): void {
  const height = geometry.height, width = geometry.width, channels = geometry.channels, top = geometry.top, left = geometry.left;
  const filterHeight = geometry.filterHeight, filterWidth = geometry.filterWidth;
  const outHeight = geometry.outHeight, outWidth = geometry.outWidth, outChannels = geometry.outChannels;
  const window = filterHeight * filterWidth;
  // turned around, tiles of the result are less full where there are few channels, and zeros are multiplied
  const tiles = (channels + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS * height * width;
  if (geometry.strideHeight == 1 && geometry.strideWidth == 1 && 4 * tiles <= 5 * channels * outHeight * outWidth) {
    const back = changetype<Geometry>(scratch), turned = scratch + offsetof<Geometry>();
    turn(geometry, filter, back, turned);
    convolution(back, dy, turned, x, batch, turned + (<usize> (window * channels * outChannels) << 2));
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
      const y = (above - image * outHeight) * geometry.strideHeight - top, left0 = (position - above * outWidth) * geometry.strideWidth - left;
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

/** What an input gradient with strides of 1 is like as a convolution, and its filter, turned around. */
export function turn(geometry: Geometry, filter: usize, back: Geometry, to: usize): void {
  const filterHeight = geometry.filterHeight, filterWidth = geometry.filterWidth;
  const channels = geometry.channels, outChannels = geometry.outChannels;
  back.height = geometry.outHeight, back.width = geometry.outWidth, back.channels = outChannels;
  back.filterHeight = filterHeight, back.filterWidth = filterWidth;
  back.top = filterHeight - 1 - geometry.top, back.left = filterWidth - 1 - geometry.left;
  back.strideHeight = 1, back.strideWidth = 1;
  back.outHeight = geometry.height, back.outWidth = geometry.width, back.outChannels = channels;
  turnFilter(filter, filterHeight * filterWidth, channels, outChannels, to);
}

/** to[window − 1 − k, o, c] ← filter[k, c, o]. */
export function turnFilter(filter: usize, window: i32, channels: i32, outChannels: i32, to: usize): void {
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
