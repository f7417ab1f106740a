/**
 * A bias and an activation after a convolution, one pass over memory there and one back.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ACTIVATION_GRADIENT, type DenseActivation } from "./dense_layer.ts";
import { isNarrowNow } from "./precision/scope.ts";
import type { Tensor } from "./tensor.ts";

/** The kernel: inputs `x` and `bias`, attribute `activation`. */
export const BIASED = "ApoBiased";

/** activation(x + b) for x `[…, channels]`, b `[channels]`; undefined where the backend has no kernel for it. */
export function biased(x: Tensor, bias: Tensor, activation: Exclude<DenseActivation, "linear">): Tensor | undefined {
  const plain = [x, bias].every(({ dtype, size }) => dtype === "float32" && size > 0) && bias.rank === 1 &&
    x.shape.at(-1) === bias.size;
  // a gradient of a gradient needs operations that have one, and narrow results are rounded one operation after another
  if (!plain || isNarrowNow() || tf.engine().state.gradientDepth > 1 || !tf.getKernel(BIASED, tf.getBackend())) {
    return undefined;
  }
  return tf.engine().runKernel(BIASED, { x, bias }, { activation }) as Tensor;
}

/** Registers the gradient of {@linkcode biased}. */
export function registerBiasedGradient(): void {
  if (tf.getGradient(BIASED)) return;
  tf.registerGradient({
    kernelName: BIASED,
    outputsToSave: [true],
    gradFunc: (dy, [y], attributes) => {
      const [dz, bias] = tf.engine().runKernel(ACTIVATION_GRADIENT, { dy: dy as Tensor, y }, attributes) as Tensor[];
      return { x: () => dz, bias: () => bias };
    },
  });
}
