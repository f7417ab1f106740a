// Images, some at a time, copied with the zeros around them, so that the patch under the filter at any position is `filterHeight`
// lines of `line` numbers, each in one piece.
import { Geometry } from "./geometry";
import { copy } from "./rows";

// How many numbers are worked on at a time: they stay in the second or third cache.
export const CHUNK: i32 = 262144;

/** How many lines of the filter make a part of at most `most` numbers, one at least. */
@inline
export function linesOf(geometry: Geometry, most: i32): i32 {
  return min(geometry.filterHeight, max(1, most / geometry.line));
}

/** How many images are worked on at a time. */
export function chunkImages(geometry: Geometry): i32 {
  return max(1, CHUNK / (geometry.paddedHeight * geometry.paddedWidth * geometry.channels));
}

/** The bytes from a line of a patch to the next. */
@inline
export function lineStep(geometry: Geometry): usize {
  return <usize> (geometry.paddedWidth * geometry.channels) << 2;
}

/** Copies images `first` to `end` to memory at `to`. */
export function pad(geometry: Geometry, images: usize, first: i32, end: i32, to: usize): void {
  const height = geometry.height, width = geometry.width, channels = geometry.channels, top = geometry.top, left = geometry.left;
  const rowBytes = lineStep(geometry), bottom = geometry.paddedHeight - top;
  const from = max(0, -left), stop = min(width, geometry.paddedWidth - left), inside = max(0, stop - from);
  const begin = <usize> ((left + from) * channels) << 2, after = begin + (<usize> (inside * channels) << 2);
  for (let number = first; number < end; number++) {
    for (let y = -top; y < bottom; y++) {
      if (y < 0 || y >= height || inside == 0) memory.fill(to, 0, rowBytes);
      else {
        if (begin > 0) memory.fill(to, 0, begin);
        copy(to + begin, images + (<usize> (((number * height + y) * width + from) * channels) << 2), inside * channels);
        if (after < rowBytes) memory.fill(to + after, 0, rowBytes - after);
      }
      to += rowBytes;
    }
  }
}

/** Writes to `to` where in the copies the patches at `count` positions begin, from the one of number `first` on. */
export function patches(geometry: Geometry, copies: usize, first: i32, count: i32, to: usize): void {
  const outHeight = geometry.outHeight, outWidth = geometry.outWidth, end = to + (<usize> count << 2);
  const step = <usize> (geometry.strideWidth * geometry.channels) << 2, down = <usize> geometry.strideHeight * lineStep(geometry);
  const imageBytes = <usize> geometry.paddedHeight * lineStep(geometry), above = first / outWidth, before = above / outHeight;
  let image = copies + <usize> before * imageBytes, row = above - before * outHeight, column = first - above * outWidth;
  let at = image + <usize> row * down + <usize> column * step;
  for (; to < end; to += 4) {
    store<usize>(to, at);
    if (++column < outWidth) at += step;
    else {
      column = 0;
      if (++row == outHeight) {
        row = 0;
        image += imageBytes;
      }
      at = image + <usize> row * down;
    }
  }
}
