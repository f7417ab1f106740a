/**
 * Dense layers whose bias and activation are one pass over memory, there and back.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { sumsNow } from "./precision/scope.ts";
import type { Tensor } from "./tensor.ts";

/** The kernel of the layer: inputs `x`, `kernel`, `bias`, attribute `activation`. */
export const DENSE = "ApoDense";
/**
 * The kernel of the way back through an activation: inputs `dy` and what it gave, `y` `[…, columns]`; its results are dy ∘ activation′ and the
 * sum of its rows.
 */
export const ACTIVATION_GRADIENT = "ApoActivationGradient";

/** What such a layer can apply. */
export type DenseActivation = "linear" | "relu" | "tanh" | "sigmoid";

/**
 * activation(x W + b) for x `[batch, in]`, W `[in, out]`, b `[out]`; undefined where the backend has no kernel for it. To the bit
 * what tfjs's operations give one after another.
 */
export function denseLayer(x: Tensor, kernel: Tensor, bias: Tensor, activation: DenseActivation): Tensor | undefined {
  const plain = x.rank === 2 && [x, kernel, bias].every(({ dtype, size }) => dtype === "float32" && size > 0);
  // a gradient of a gradient needs operations that have one, and sums that are narrow a product by itself
  if (!plain || sumsNow() || tf.engine().state.gradientDepth > 1 || !tf.getKernel(DENSE, tf.getBackend())) {
    return undefined;
  }
  return tf.engine().runKernel(DENSE, { x, kernel, bias }, { activation }) as Tensor;
}

/** Registers the gradient of {@linkcode denseLayer}. */
export function registerDenseGradient(): void {
  if (tf.getGradient(DENSE)) return;
  tf.registerGradient({
    kernelName: DENSE,
    inputsToSave: ["x", "kernel"],
    outputsToSave: [true],
    gradFunc: (dy, [x, kernel, y], attributes) => {
      const slope = dy as tf.Tensor2D;
      const [dz, bias] = attributes.activation === "linear"
        ? [slope, tf.sum(slope, 0)]
        : tf.engine().runKernel(ACTIVATION_GRADIENT, { dy: slope, y }, attributes) as [tf.Tensor2D, tf.Tensor];
      return {
        x: () => tf.matMul(dz, kernel as tf.Tensor2D, false, true),
        kernel: () => tf.matMul(x as tf.Tensor2D, dz, true),
        bias: () => bias.clone(),
      };
    },
  });
}
