/**
 * Second moments of what the windows of convolutions see.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";
import type { Windows } from "./windows.ts";

/** The kernel's name: input `x`, the windows as attributes; for windows of which {@linkcode overlap} is true. */
export const PATCH_MOMENTS = "ApoPatchMoments";

/**
 * Σ p pᵀ over all patches p, one for each window of each image, as vectors: `[n, n]` with n = window height · width · channels. Where the
 * backend has a kernel for it, the patches are never laid out in memory: they are as many times the images as a window has pixels.
 *
 * @param x Images `[batch, height, width, channels]`.
 */
export function patchMoments(x: Tensor, windows: Windows): Tensor {
  const isPlain = x.dtype === "float32" && x.size > 0 && tf.engine().state.gradientDepth === 0;
  if (isPlain && overlap(windows) && tf.getKernel(PATCH_MOMENTS, tf.getBackend())) {
    return tf.engine().runKernel(PATCH_MOMENTS, { x }, { ...windows } as unknown as tf.NamedAttrMap) as Tensor;
  }
  const rows = tf.reshape(patches(x, windows), [-1, windows.window[0] * windows.window[1] * x.shape[3]!]);
  return tf.matMul(rows, rows, true);
}

/** Whether pixels are seen by many windows, each by one at every place within it: then the moments follow from few products. */
function overlap({ window: [height, width], stride, counts: [rows, columns] }: Windows): boolean {
  return stride === 1 && height * width > 1 && rows >= height - 1 && columns >= width - 1;
}

/** Σ p over all patches, `[n]`. */
export function patchSum(x: Tensor, windows: Windows): Tensor {
  return tf.reshape(tf.sum(patches(tf.sum(x, 0, true), windows), [0, 1, 2]), [-1]);
}

/** What each window sees: `[batch, rows, columns, window height · width · channels]`. */
export function patches(x: Tensor, { window: [height, width], stride, margins, counts }: Windows): Tensor {
  const [batch, , , channels] = x.shape as number[];
  const ends = counts.map((count) => (count - 1) * stride + 1); // behind the last window's first pixel
  const padded = tf.pad(x, [[0, 0], [...margins[0]], [...margins[1]], [0, 0]]);
  const shifted = (i: number, j: number): Tensor =>
    tf.stridedSlice(padded, [0, i, j, 0], [batch, i + ends[0], j + ends[1], channels], [1, stride, stride, 1]);
  const offsets = Array.from({ length: height * width }, (_, k) => shifted(Math.floor(k / width), k % width));
  return offsets.length === 1 ? offsets[0] : tf.concat(offsets, 3);
}
