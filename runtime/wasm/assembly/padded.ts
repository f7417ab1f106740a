// The convolution at hand: some of its images at a time, copied with the zeros around them, so that the patch under the filter
// at any position is `filterHeight` lines of `line` numbers, each in one piece.
import { copy } from "./rows";

// How many numbers are worked on at a time: they stay in the second or third cache.
export const CHUNK: i32 = 262144;

export let filterHeight: i32, line: i32, outArea: i32, batch: i32;
let images: usize, height: i32, width: i32, channels: i32, top: i32, left: i32;
let strideHeight: i32, strideWidth: i32, outWidth: i32, paddedHeight: i32, paddedWidth: i32;
// The copies, and the position that `next` comes to.
let padded: usize, image: usize, at: usize, column: i32, row: i32;

export function setConvolution(
  imagesAt: usize,
  count: i32,
  imageHeight: i32,
  imageWidth: i32,
  imageChannels: i32,
  windowHeight: i32,
  windowWidth: i32,
  above: i32,
  before: i32,
  strideY: i32,
  strideX: i32,
  resultHeight: i32,
  resultWidth: i32,
): void {
  images = imagesAt;
  batch = count;
  height = imageHeight;
  width = imageWidth;
  channels = imageChannels;
  filterHeight = windowHeight;
  line = windowWidth * imageChannels;
  top = above;
  left = before;
  strideHeight = strideY;
  strideWidth = strideX;
  outWidth = resultWidth;
  outArea = resultHeight * resultWidth;
  paddedHeight = (resultHeight - 1) * strideY + windowHeight;
  paddedWidth = (resultWidth - 1) * strideX + windowWidth;
}

/** How many lines of the filter make a part of at most `most` numbers, one at least. */
@inline
export function linesOf(most: i32): i32 {
  return min(filterHeight, max(1, most / line));
}

/** How many images are worked on at a time. */
export function chunkImages(): i32 {
  return max(1, CHUNK / (paddedHeight * paddedWidth * channels));
}

/** The bytes from a line of a patch to the next. */
@inline
export function lineStep(): usize {
  return <usize> (paddedWidth * channels) << 2;
}

/** Copies images `first` to `end` to memory at `to`. */
export function pad(first: i32, end: i32, to: usize): void {
  const rowBytes = lineStep(), from = max(0, -left), stop = min(width, paddedWidth - left);
  const begin = <usize> ((left + from) * channels) << 2, inside = max(0, stop - from), after = begin + (<usize> (inside * channels) << 2);
  padded = to;
  for (let number = first; number < end; number++) {
    for (let y = -top; y < paddedHeight - top; y++) {
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

/** Begins with the first position of the first image. */
export function rewind(): void {
  image = padded;
  at = padded;
  column = 0;
  row = 0;
}

/** Where the patch at the position begins, and on to the next position. */
@inline
export function next(): usize {
  const patch = at;
  if (++column < outWidth) at += <usize> (strideWidth * channels) << 2;
  else {
    column = 0;
    if (++row * outWidth == outArea) {
      row = 0;
      image += <usize> (paddedHeight * paddedWidth * channels) << 2;
    }
    at = image + <usize> (row * strideHeight) * lineStep();
  }
  return patch;
}
