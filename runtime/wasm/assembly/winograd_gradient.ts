// The gradient of a filter 3 × 3 by the same transforms: 36 products of matrices, [channels, tiles] with [tiles, outChannels].
import { Geometry } from "./geometry";
import { put } from "./lanes";
import { multiplyPanels } from "./product";
import { planeBytes, rowsOfTiles } from "./winograd";
import { tilesAcross, tilesDown, transformTiles } from "./winograd_tiles";
import { putFilterGradient } from "./winograd_transforms";

/** filter ← the gradient of the filter [3, 3, channels, outChannels]. */
export function winogradFilterGradient(geometry: Geometry, x: usize, dy: usize, filter: usize, batch: i32, scratch: usize): void {
  const channels = geometry.channels, outChannels = geometry.outChannels, across = tilesAcross(geometry);
  const rows = (channels + 3) & ~3, columns = (outChannels + 7) & ~7, step = rowsOfTiles(geometry), all = batch * tilesDown(geometry);
  const sumPlane = planeBytes(rows, columns), imagePlane = planeBytes(step * across, rows), outPlane = planeBytes(step * across, columns);
  const slopes = changetype<Geometry>(scratch), edge = (scratch + offsetof<Geometry>() + 15) & ~15, sums = edge + 36 * 16;
  const images = sums + 36 * sumPlane, gradients = images + 36 * imagePlane, strip = gradients + 36 * outPlane;
  slopes.height = slopes.outHeight = geometry.outHeight, slopes.width = slopes.outWidth = geometry.outWidth;
  slopes.channels = outChannels, slopes.top = 0, slopes.left = 0;
  for (let first = 0; first < all; first += step) {
    const some = min(step, all - first);
    transformTiles(geometry, x, first, some, 1, strip, images, imagePlane, false);
    transformTiles(slopes, dy, first, some, 2, strip, gradients, outPlane, true);
    for (let t: usize = 0; t < 36; t++) {
      const a = images + t * imagePlane, b = gradients + t * outPlane, at = sums + t * sumPlane;
      multiplyPanels(a, rows, b, columns, some * across, at, <usize> columns << 2, edge, first > 0);
    }
  }
  winogradFilterSums(sums, channels, outChannels, columns, 0, channels, sumPlane, filter, edge);
}

/**
 * filter ← the gradient [3, 3, channels, outChannels] that 36 sums over tiles are transformed to, for `count` channels.
 *
 * @param columns The numbers from a channel's to the next one's, in each of the planes of sums, `sumPlane` bytes apart.
 * @param edge Room for 21 vectors.
 */
export function winogradFilterSums(
  sums: usize,
  channels: i32,
  outChannels: i32,
  columns: i32,
  first: i32,
  count: i32,
  sumPlane: usize,
  filter: usize,
  edge: usize,
): void {
  for (let c = first; c < first + count; c++) {
    for (let o = 0; o < outChannels; o += 4) {
      const from = sums + (<usize> (c * columns + o) << 2), each = <usize> (channels * outChannels) << 2;
      for (let j: usize = 0; j < 6; j++) putFilterGradient(from + j * sumPlane, 6 * sumPlane, edge + 16 * j, 96);
      for (let i: usize = 0; i < 3; i++) {
        const to = filter + (<usize> (c * outChannels + o) << 2) + 3 * i * each, part = edge + 18 * 16;
        putFilterGradient(edge + 96 * i, 16, part, 16);
        for (let j: usize = 0; j < 3; j++) put(to + j * each, v128.load(part + 16 * j), outChannels - o);
      }
    }
  }
}
