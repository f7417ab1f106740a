// Patches of images as the rows of a matrix, for products that a library computes.
import { Geometry } from "./geometry";
import { addTo, copy } from "./rows";

/** to ← the patches at `count` positions, from the one of number `first` in the batch on: a row of the filter's numbers each. */
export function layPatches(geometry: Geometry, images: usize, first: i32, count: i32, to: usize): void {
  const height = geometry.height, width = geometry.width, channels = geometry.channels, outWidth = geometry.outWidth, outHeight = geometry.outHeight;
  const filterHeight = geometry.filterHeight, filterWidth = geometry.filterWidth, bytes = <usize> geometry.line << 2;
  for (let position = first; position < first + count; position++) {
    const above = position / outWidth, image = above / outHeight;
    const y = (above - image * outHeight) * geometry.strideHeight - geometry.top, x = (position - above * outWidth) * geometry.strideWidth - geometry.left;
    const begin = max(0, -x), stop = min(filterWidth, width - x), inside = max(0, stop - begin) * channels;
    const before = <usize> (begin * channels) << 2, after = before + (<usize> inside << 2);
    for (let line = y; line < y + filterHeight; line++) {
      if (line < 0 || line >= height || inside == 0) memory.fill(to, 0, bytes);
      else {
        if (before > 0) memory.fill(to, 0, before);
        copy(to + before, images + (<usize> (((image * height + line) * width + x + begin) * channels) << 2), inside);
        if (after < bytes) memory.fill(to + after, 0, bytes - after);
      }
      to += bytes;
    }
  }
}

/** images ← the sums of the patches at all positions of so many images, each where it lies. */
export function addPatches(geometry: Geometry, patches: usize, images: usize, count: i32): void {
  const height = geometry.height, width = geometry.width, channels = geometry.channels, outWidth = geometry.outWidth;
  const filterHeight = geometry.filterHeight, filterWidth = geometry.filterWidth, bytes = <usize> geometry.line << 2;
  memory.fill(images, 0, <usize> (count * height * width * channels) << 2);
  for (let row = 0; row < count * geometry.outHeight; row++) {
    const image = row / geometry.outHeight, y = (row - image * geometry.outHeight) * geometry.strideHeight - geometry.top;
    for (let column = 0; column < outWidth; column++) {
      const x = column * geometry.strideWidth - geometry.left, begin = max(0, -x), stop = min(filterWidth, width - x);
      for (let line = y; line < y + filterHeight; line++) {
        if (line >= 0 && line < height && begin < stop) {
          const place = images + (<usize> (((image * height + line) * width + x + begin) * channels) << 2);
          addTo(place, patches + (<usize> (begin * channels) << 2), (stop - begin) * channels);
        }
        patches += bytes;
      }
    }
  }
}
