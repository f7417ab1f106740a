// Convolutions 3 × 3 with strides of 1 by Winograd's F(4×4, 3×3): 36 products of matrices, [tiles, channels] with [channels,
// outChannels], of transformed numbers, which make a quarter of the multiplications (Lavin & Gray 2016, arXiv 1509.09308).
import { turn } from "./convolution";
import { Geometry } from "./geometry";
import { get, put } from "./lanes";
import { packLines } from "./pack";
import { multiplyPanels } from "./product";
import { tilesAcross, tilesDown, transformTiles } from "./winograd_tiles";
import { putFilter, putOutput } from "./winograd_transforms";

// Tiles at a time, so that all of their numbers stay in the second cache: as many as make so many numbers in one position of a
// tile; but fewer tiles than these do not pay for reading the transformed filter.
const NUMBERS: i32 = 4096, FEWEST_TILES: i32 = 64;
// Between planes, or their lines would all compete for the same places in the cache.
const GAP: usize = 64;

/** How many rows of tiles are worked on at a time. */
export function rowsOfTiles(geometry: Geometry): i32 {
  const tiles = max(FEWEST_TILES, NUMBERS / (geometry.channels + geometry.outChannels));
  return max(1, tiles / tilesAcross(geometry));
}

/** The bytes of a plane of vectors. */
@inline
export function planeBytes(rows: i32, columns: i32): usize {
  return (<usize> (rows * columns) << 2) + GAP;
}

/**
 * How much memory these convolutions and their gradients need to work in.
 *
 * @param across The tiles in a row of them, of the wider of input and output.
 */
export function winogradBytes(channels: i32, outChannels: i32, across: i32): i32 {
  const c = (channels + 7) & ~7, o = (outChannels + 7) & ~7;
  const tiles = max(across, max(FEWEST_TILES, NUMBERS / (channels + outChannels))) + 3;
  const planes = 36 * (c * o + tiles * (c + o) + 48), strip = (tiles + 7 * (4 * across + 2)) * max(c, o);
  return 4 * (planes + strip + 9 * c * o + 256);
}

/** out ← the convolution of images [batch, height, width, channels] with a filter [3, 3, channels, outChannels]. */
export function winograd(geometry: Geometry, x: usize, filter: usize, out: usize, batch: i32, scratch: usize): void {
  const channels = geometry.channels, outChannels = geometry.outChannels, across = tilesAcross(geometry);
  const vectors = (channels + 3) >> 2, columns = (outChannels + 7) & ~7, step = rowsOfTiles(geometry), all = batch * tilesDown(geometry);
  const tiles = (step * across + 3) & ~3, line = <usize> vectors << 4;
  const filterPlane = planeBytes(channels, columns), imagePlane = planeBytes(tiles, 4 * vectors), outPlane = planeBytes(tiles, columns);
  const edge = (scratch + 15) & ~15, filters = edge + 36 * 16, panels = filters + 36 * filterPlane;
  const products = panels + 36 * imagePlane, block = products + 36 * outPlane, strip = block + imagePlane;
  if ((outChannels & 7) != 0) memory.fill(filters, 0, 36 * filterPlane);
  transformFilter(filter, channels, outChannels, 0, channels, edge, filters, filterPlane, true);
  for (let first = 0; first < all; first += step) {
    const some = min(step, all - first), rows = (some * across + 3) & ~3; // beyond the last tile the rows do not matter
    transformTiles(geometry, x, first, some, vectors, strip, panels, imagePlane, false);
    for (let t: usize = 0; t < 36; t++) {
      let from = panels + t * imagePlane, to = block;
      for (let i = 0; i < rows; i += 4) {
        packLines(to, from, from + line, from + 2 * line, from + 3 * line, channels);
        from += 4 * line;
        to += <usize> channels << 4;
      }
      const at = products + t * outPlane;
      multiplyPanels(block, rows, filters + t * filterPlane, columns, channels, at, <usize> columns << 2, edge, false);
    }
    winogradOutputs(geometry, products, <usize> columns << 2, outPlane, first, some, out, edge);
  }
}

/**
 * filter [3, 3, channels, outChannels] → 36 planes, `plane` bytes apart: of panels of 8 output channels, a line a channel; or of lines of all
 * output channels, rounded up to fours.
 */
@inline
function transformFilter(
  filter: usize,
  channels: i32,
  outChannels: i32,
  first: i32,
  count: i32,
  work: usize,
  to: usize,
  plane: usize,
  inPanels: bool,
): void {
  const each = <usize> (channels * outChannels) << 2, columns = (outChannels + 3) & ~3;
  for (let c = first; c < first + count; c++) {
    for (let o = 0; o < outChannels; o += 4) {
      const from = filter + (<usize> (c * outChannels + o) << 2), n = outChannels - o;
      const at = to + (<usize> (inPanels ? (o & ~7) * channels + 8 * c + (o & 4) : c * columns + o) << 2);
      for (let j: usize = 0; j < 3; j++) {
        const f = from + j * each;
        putFilter(get(f, n, 0), get(f + 3 * each, n, 0), get(f + 6 * each, n, 0), work + 16 * j, 48);
      }
      for (let i: usize = 0; i < 6; i++) {
        const f = work + 48 * i;
        putFilter(v128.load(f), v128.load(f, 16), v128.load(f, 32), at + 6 * i * plane, plane);
      }
    }
  }
}

/** x ← the gradient of the input: the convolution of dy with the filter turned around. */
export function winogradInputGradient(geometry: Geometry, x: usize, dy: usize, filter: usize, batch: i32, scratch: usize): void {
  const back = changetype<Geometry>(scratch), turned = scratch + offsetof<Geometry>();
  turn(geometry, filter, back, turned);
  winograd(back, dy, turned, x, batch, turned + (<usize> (9 * geometry.channels * geometry.outChannels) << 2));
}

/** The same for products by a library, for `count` input channels: planes of lines of all output channels. */
export function winogradFilters(
  filter: usize,
  channels: i32,
  outChannels: i32,
  first: i32,
  count: i32,
  to: usize,
  plane: usize,
  work: usize,
): void {
  transformFilter(filter, channels, outChannels, first, count, work, to, plane, false);
}

/**
 * The products of `count` rows of tiles, transformed to where they lie in the output.
 *
 * @param row Bytes from a tile to the next, in each of 36 planes that are `plane` bytes apart.
 * @param work Room for 40 vectors.
 */
export function winogradOutputs(geometry: Geometry, products: usize, row: usize, plane: usize, first: i32, count: i32, out: usize, work: usize): void {
  const outHeight = geometry.outHeight, outWidth = geometry.outWidth, outChannels = geometry.outChannels;
  const across = tilesAcross(geometry), down = tilesDown(geometry);
  const pixel = <usize> outChannels << 2, line = <usize> outWidth * pixel;
  const part = work + 24 * 16;
  for (let number = first; number < first + count; number++) {
    const image = number / down, y = 4 * (number - image * down), lines = min(4, outHeight - y);
    for (let x = 0; x < outWidth; x += 4) {
      const columns = min(4, outWidth - x), place = out + <usize> (image * outHeight + y) * line + <usize> x * pixel;
      for (let o = 0; o < outChannels; o += 4) {
        const from = products + (<usize> o << 2), to = place + (<usize> o << 2), n = outChannels - o;
        for (let j: usize = 0; j < 6; j++) putOutput(from + j * plane, 6 * plane, work + 16 * j, 96);
        if (lines == 4 && columns == 4 && n >= 4) {
          for (let i: usize = 0; i < 4; i++) putOutput(work + 96 * i, 16, to + i * line, pixel);
        } else {
          for (let i = 0; i < lines; i++) {
            putOutput(work + <usize> (96 * i), 16, part, 16);
            for (let j = 0; j < columns; j++) put(to + <usize> i * line + <usize> j * pixel, v128.load(part + <usize> (16 * j)), n);
          }
        }
      }
      products += row;
    }
  }
}
