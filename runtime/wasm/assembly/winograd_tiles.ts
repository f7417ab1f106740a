// Images in tiles: each tile of 4 × 4 outputs takes 6 × 6 numbers of the image, so that neighbouring tiles overlap by two.
import { Geometry } from "./geometry";
import { get } from "./lanes";
import { putInput, putOutputGradient } from "./winograd_transforms";

/** The tiles in a row of them. */
@inline
export function tilesAcross(geometry: Geometry): i32 {
  return (geometry.outWidth + 3) >> 2;
}

/** The rows of tiles in an image. */
@inline
export function tilesDown(geometry: Geometry): i32 {
  return (geometry.outHeight + 3) >> 2;
}

/**
 * Transforms `count` rows of tiles, from the one of number `first` in the batch on: of images, or of the gradient of outputs
 * (`backwards`), as `geometry` describes the one or the other. What tiles see outside of an image is 0.
 *
 * @param vectors How many vectors of four channels a panel is wide.
 * @param strip Room for seven lines of an image in tiles.
 * @param to The 36 planes of numbers, `plane` bytes apart: in each panels of so many channels, a line a tile.
 */
@inline
export function transformTiles(
  geometry: Geometry,
  images: usize,
  first: i32,
  count: i32,
  vectors: i32,
  strip: usize,
  to: usize,
  plane: usize,
  backwards: bool,
): void {
  const height = geometry.height, width = geometry.width, channels = geometry.channels, top = geometry.top, left = geometry.left;
  const across = tilesAcross(geometry), down = tilesDown(geometry), columns = 4 * across + (backwards ? 0 : 2);
  const pixel = <usize> ((channels + 3) & ~3) << 2, line = <usize> columns * pixel, zeros = strip + 6 * line;
  const begin = max(0, -left), inside = max(0, min(width, columns - left) - begin), row = <usize> (width * channels) << 2;
  const isWhole = (channels & 3) == 0, runs = isWhole ? 1 : inside, length = isWhole ? inside * channels : channels;
  const next = <usize> ((count * across - 1) * vectors) << 4;
  memory.fill(strip, 0, 7 * line);
  let tile = to;
  for (let number = first; number < first + count; number++) {
    // down the columns, all numbers of a line after one another
    const image = number / down, y = 4 * (number - image * down) - top;
    const at = images + (<usize> ((image * height + y) * width + begin) * channels << 2);
    let r0 = y >= 0 && y < height ? at : zeros, r1 = y >= -1 && y < height - 1 ? at + row : zeros;
    let r2 = y >= -2 && y < height - 2 ? at + 2 * row : zeros, r3 = y >= -3 && y < height - 3 ? at + 3 * row : zeros;
    let r4 = y >= -4 && y < height - 4 ? at + 4 * row : zeros, r5 = y >= -5 && y < height - 5 ? at + 5 * row : zeros;
    let target = strip + <usize> (left + begin) * pixel;
    for (let run = 0; run < runs; run++) {
      for (let n = length; n > 0; n -= 4) {
        if (backwards) putOutputGradient(get(r0, n, 0), get(r1, n, 0), get(r2, n, 0), get(r3, n, 0), target, line);
        else putInput(get(r0, n, 0), get(r1, n, 0), get(r2, n, 0), get(r3, n, 0), get(r4, n, 0), get(r5, n, 0), target, line);
        const some = <usize> min(n, 4) << 2;
        r0 += some;
        r1 += some;
        r2 += some;
        r3 += some;
        r4 += some;
        r5 += some;
        target += 16;
      }
    }
    // along the rows, tile by tile
    for (let x = 0; x < across; x++) {
      let from = strip + <usize> (4 * x) * pixel, place = tile, k = vectors;
      for (let c = 0; c < channels; c += 4) {
        for (let i: usize = 0; i < 6; i++) {
          const f = from + i * line, t = place + 6 * i * plane;
          const d0 = v128.load(f), d1 = v128.load(f + pixel), d2 = v128.load(f + 2 * pixel), d3 = v128.load(f + 3 * pixel);
          if (backwards) putOutputGradient(d0, d1, d2, d3, t, plane);
          else putInput(d0, d1, d2, d3, v128.load(f + 4 * pixel), v128.load(f + 5 * pixel), t, plane);
        }
        from += 16;
        place += 16;
        if (--k == 0) {
          place += next;
          k = vectors;
        }
      }
      tile += <usize> vectors << 4;
    }
  }
}

/**
 * The same with a line of all channels, rounded up to fours, for each tile.
 *
 * @param to Where the lines of the first of these tiles go.
 */
export function winogradTiles(geometry: Geometry, images: usize, first: i32, count: i32, backwards: bool, to: usize, plane: usize, strip: usize): void {
  const vectors = (geometry.channels + 3) >> 2;
  if (backwards) transformTiles(geometry, images, first, count, vectors, strip, to, plane, true);
  else transformTiles(geometry, images, first, count, vectors, strip, to, plane, false);
}
