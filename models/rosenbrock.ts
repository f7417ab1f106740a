/**
 * The Rosenbrock function as a network without inputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import type { Model } from "./model.ts";

/**
 * Outputs r(x) = (√2 (1 − x₁), √200 (x₂ − x₁²)), `[1, 2]`, so that ½‖r‖² = (1 − x₁)² + 100 (x₂ − x₁²)², whose minimum is 0 at
 * (1, 1). The parameter `x` is a kernel `[1, 2]`, so that structured preconditioners apply to it; it starts at (−1, 1), whatever
 * the seed.
 */
export function rosenbrockModel(): Model {
  return {
    leaves: { x: { layer: "x", shape: [1, 2], role: "dense" } },
    init: () => ({ params: { x: tf.tensor2d([[-1, 1]]) }, buffers: {} }),
    apply: (params, buffers) => {
      const [first, second] = tf.split(params.x, 2, 1) as Tensor[];
      const slope = tf.mul(tf.sub(1, first), Math.SQRT2);
      const valley = tf.mul(tf.sub(second, tf.square(first)), Math.sqrt(200));
      return { outputs: tf.concat([slope, valley], 1), buffers };
    },
  };
}
