/**
 * Second moments of patches on wasm, without the patches.
 *
 * What stands at the places d and e of a window, summed over all windows, is Σ x[q] x[q + e − d] over the pixels q that some window has at
 * d. Two places d differ only in which border pixels those are. So the images are cut into an inner part, which windows have at every
 * place, and single rows, columns and corners; for each part one kernel, that of a convolution's filter gradient, gives the sums for all
 * differences e − d, of which there are a few times fewer than pairs of places.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Windows } from "../windows.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { GEOMETRY, writeGeometry } from "./geometry.ts";
import { addressOf } from "./heap.ts";

/** Σ p pᵀ over all patches, which the caller frees. */
export function patchMoments(
  { backend, kernels, workspace }: WorkContext,
  { x }: Inputs,
  windows: Windows,
): tf.TensorInfo {
  const { window: [height, width], margins, counts } = windows, [batch, rows, columns, channels] = x.shape;
  const downwards = segments(rows, height, margins[0][0], counts[0]);
  const across = segments(columns, width, margins[1][0], counts[1]);
  const parts = downwards.flatMap((down) => across.map((over) => ({ down, over })));

  const shifts = 2 * width - 1, line = shifts * channels, filter = height * line * channels;
  const most = parts.reduce((most, { down, over }) => Math.max(most, down.count * over.count), 0);
  const padded = (rows + 2 * height) * (columns + 2 * shifts) * channels;
  const scratch = kernels.convolutionBytes(line, height * line, filter, padded);
  const start = workspace.take(GEOMETRY + 4 * (filter + batch * most * channels) + scratch);
  const sums = start + GEOMETRY, copy = sums + 4 * filter, rest = copy + 4 * batch * most * channels;

  const n = height * width * channels, out = backend.makeOutput([n, n], "float32");
  const { buffer } = backend.wasm.asm.memory; // no memory is taken from here on
  const heap = new Float32Array(buffer), from = addressOf(backend, x) / 4;
  const moments = heap.subarray(addressOf(backend, out) / 4, addressOf(backend, out) / 4 + n * n).fill(0);
  for (const { down, over } of parts) {
    for (let i = 0, to = copy / 4; i < batch * down.count; i++, to += over.count * channels) {
      const row = Math.floor(i / down.count) * rows + down.first + i % down.count;
      const begin = from + (row * columns + over.first) * channels;
      heap.copyWithin(to, begin, begin + over.count * channels);
    }
    const places = { margins: [-down.first, width - 1 - over.first], out: [down.count, over.count, channels] } as const;
    const image = [rows, columns, channels] as const;
    writeGeometry({ image, window: [height, shifts], strides: [1, 1], ...places }, backend, start);
    kernels.filterGradient(start, addressOf(backend, x), copy, sums, batch, rest);
    addTo(
      moments,
      heap.subarray(sums / 4, sums / 4 + filter),
      windows.window,
      channels,
      (i, j) => down.within(i) && over.within(j),
    );
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) moments[i * n + j] = moments[j * n + i];
  return out;
}

/** Rows, or columns, of an image that windows have at the same places. */
interface Segment {
  readonly first: number;
  readonly count: number;
  /** Whether windows have them at a place. */
  within(place: number): boolean;
}

/** Those of `size` rows with `count` windows of `window` rows, of which the first begins `margin` rows before the image. */
function segments(size: number, window: number, margin: number, count: number): Segment[] {
  const inner: Segment = { first: window - 1 - margin, count: count - window + 1, within: () => true };
  const border = Array.from({ length: window - 1 }, (_, j): Segment[] => [
    { first: j - margin, count: 1, within: (place) => place <= j },
    { first: count - margin + j, count: 1, within: (place) => place > j },
  ]);
  return [inner, ...border.flat()].flatMap(({ first, count, within }) => { // beyond the image there are zeros
    const begin = Math.max(0, first), end = Math.min(size, first + count);
    return begin < end ? [{ first: begin, count: end - begin, within }] : [];
  });
}

/** Adds the sums of a part to the upper half of the moments, at all pairs of places of which it has the first. */
function addTo(
  moments: Float32Array,
  sums: Float32Array,
  [height, width]: readonly [number, number],
  channels: number,
  within: (row: number, column: number) => boolean,
): void {
  const places = height * width, n = places * channels;
  for (let d = 0; d < places; d++) {
    const i = Math.floor(d / width), j = d % width;
    if (!within(i, j)) continue;
    for (let e = d; e < places; e++) {
      const k = Math.floor(e / width),
        l = e % width,
        shift = ((k - i) * (2 * width - 1) + l - j + width - 1) * channels * channels;
      for (let b = 0; b < channels; b++) { // at e
        for (let a = 0, at = d * channels * n + e * channels + b; a < channels; a++, at += n) {
          moments[at] += sums[shift + b * channels + a];
        }
      }
    }
  }
}
