/**
 * Where convolutions 3 × 3 are computed by Winograd's F(4×4, 3×3) (Lavin & Gray 2016, arXiv 1509.09308).
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Kernels } from "./kernels.ts";

/** A convolution, or one of its gradients. */
export type Convolving = "convolution" | "filterGradient" | "inputGradient";

/** The kernels that compute them so. */
export const winogradKernel = {
  convolution: "winograd",
  filterGradient: "winogradFilterGradient",
  inputGradient: "winogradInputGradient",
} as const satisfies Record<Convolving, keyof Kernels>;

/** How many tiles of 4 × 4 cover a side of this length. */
export function winogradTiles(side: number): number {
  return Math.ceil(side / 4);
}

/**
 * Whether that is the quicker way. It does a quarter of the multiplications, and of those some for nothing where tiles stand out
 * over the edge. How many times as quick it is as sums over patches, at batch 32 on one core of an AMD EPYC (convolution, input
 * gradient, filter gradient):
 *
 * | channels  | 28 × 28     | 14 × 14     | 7 × 7       | 6 × 6       | 5 × 5       | 4 × 4       |
 * | --------- | ----------- | ----------- | ----------- | ----------- | ----------- | ----------- |
 * | 3 → 16    | 1.0 1.3 1.6 | 0.7 1.0 1.3 | 0.7 1.0 1.3 | 0.6 0.7 1.0 | 0.4 0.5 0.8 | 1.0 1.1 1.3 |
 * | 4 → 8     | 1.3 1.9 1.9 | 1.0 1.5 1.6 | 1.0 1.4 1.6 | 0.8 1.1 1.2 | 0.6 0.8 0.9 | 1.3 1.7 1.8 |
 * | 8 → 8     | 1.6 1.6 2.2 | 1.3 1.3 1.8 | 1.2 1.2 1.8 | 1.0 1.0 1.4 | 0.7 0.7 1.0 | 1.6 1.6 2.1 |
 * | 16 → 16   | 1.9 1.9 2.5 | 1.6 1.6 2.1 | 1.6 1.6 2.1 | 1.2 1.2 1.6 | 0.9 0.9 1.1 | 2.0 1.9 2.5 |
 * | 64 → 64   | 3.0 3.0 3.4 | 2.4 2.3 2.6 | 2.4 2.6 2.6 | 1.7 1.7 1.9 | 1.3 1.2 1.3 | 2.8 2.6 3.0 |
 * | 256 → 256 | 3.3 3.3 3.5 | 2.3 2.0 3.1 | 2.0 2.2 2.2 | 1.8 1.6 1.5 | 0.8 1.2 1.3 | 2.8 2.5 3.6 |
 *
 * Few images hardly pay for the transformed filter: one with 64 channels gains 1.2 at 7 × 7 and takes twice as long at 4 × 4.
 * The batch does not count all the same: what comes out for an image must not depend on how many others are with it. (With products by a
 * library it does, in its last bits, as in every product of one.)
 *
 * The strict build does the same, and gains as much: without fused multiplications and additions errors are no larger (up to 3e-6 of
 * the largest number with 256 channels, 4e-6 with 512; sums over patches: 1e-6), so that F(2×2, 3×3) has no use.
 */
export function winogradPays(name: Convolving, info: tf.backend_util.Conv2DInfo): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels } = info;
  if (filterHeight !== 3 || filterWidth !== 3 || strideHeight !== 1 || strideWidth !== 1) return false;
  const [height, width] = name === "inputGradient" ? [info.inHeight, info.inWidth] : [info.outHeight, info.outWidth];
  const covered = 16 * winogradTiles(height) * winogradTiles(width), area = height * width;
  return Math.min(inChannels, outChannels) >= 4 && inChannels * outChannels <= LARGEST && area >= 16 &&
    covered <= 1.8 * area;
}

/** Numbers in a filter, over 9: the transformed filter takes four times as much memory as the filter. */
const LARGEST = 2 ** 20;
