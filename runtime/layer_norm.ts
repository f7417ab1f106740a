/**
 * Layer normalization: one kernel there and one back on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/** The kernel: inputs `x`, `scale`, `shift`, attributes {@linkcode LayerNormAttributes}; its result is y. */
export const LAYER_NORM = "ApoLayerNorm";
/** The kernel of the way back: inputs `dy`, `x`, `scale`; its results are the gradients of x, scale and shift. */
export const LAYER_NORM_GRADIENT = "ApoLayerNormGradient";

/** What the kernels are called with beside their tensors. */
export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
}

/**
 * `$y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot \mathrm{scale} + \mathrm{shift}$` with the mean μ and the biased variance
 * σ² over the last axis (Ba, Kiros & Hinton 2016, arXiv 1607.06450). It has a gradient in all tensors.
 *
 * @param x `[…, size]`.
 * @param affine `scale` and `shift` are `[size]`; `epsilon` is added to the variance.
 */
export function layerNormalized(
  x: Tensor,
  { scale, shift, epsilon }: LayerNormAttributes & { readonly scale: Tensor; readonly shift: Tensor },
): Tensor {
  const isPlain = x.size > 0 && [x, scale, shift].every(({ dtype }) => dtype === "float32") &&
    [scale, shift].every(({ shape }) => tf.util.arraysEqual(shape, x.shape.slice(-1)));
  // a gradient of a gradient needs operations that have one
  if (isPlain && tf.engine().state.gradientDepth <= 1 && tf.getKernel(LAYER_NORM, tf.getBackend())) {
    return tf.engine().runKernel(LAYER_NORM, { x, scale, shift }, { epsilon }) as Tensor;
  }
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return tf.add(tf.mul(tf.mul(centred, inverse), scale), shift);
}

/** Registers the gradient of {@linkcode LAYER_NORM}. */
export function registerLayerNormGradient(): void {
  if (tf.getGradient(LAYER_NORM)) return;
  tf.registerGradient({
    kernelName: LAYER_NORM,
    inputsToSave: ["x", "scale"],
    gradFunc: (dy, [x, scale], attributes) => {
      const inputs = { dy: dy as Tensor, x, scale };
      const [dx, dScale, dShift] = tf.engine().runKernel(LAYER_NORM_GRADIENT, inputs, attributes) as Tensor[];
      return { x: () => dx, scale: () => dScale, shift: () => dShift };
    },
  });
}
