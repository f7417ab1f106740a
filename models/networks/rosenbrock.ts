/**
 * The Rosenbrock function as a network without inputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { random } from "../../runtime/random.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Model } from "../model.ts";

const SCATTER = 0.1; // of starts: small beside the valley, which is 2 long

/**
 * Outputs r(x) = (√2 (1 − x₁), √200 (x₂ − x₁²)), `[1, 2]`, so that ½‖r‖² = (1 − x₁)² + 100 (x₂ − x₁²)², whose minimum is 0 at
 * (1, 1). The parameter `x` is a kernel `[1, 2]`, so that structured preconditioners apply to it. With seed 0 it starts at
 * (−1, 1); other seeds start near it, each coordinate off by 0.1 times a standard normal number.
 */
export function rosenbrockModel(): Model {
  return {
    leaves: { x: { shape: [1, 2], role: "dense" } },
    init: (seed) => {
      const stream = random(seed, "rosenbrock"), off = () => seed === 0 ? 0 : SCATTER * stream.normal();
      return { params: { x: tf.tensor2d([[-1 + off(), 1 + off()]]) }, buffers: {} };
    },
    apply: (params, buffers) => {
      const [first, second] = tf.split(params.x, 2, 1) as Tensor[];
      const slope = tf.mul(tf.sub(1, first), Math.SQRT2);
      const valley = tf.mul(tf.sub(second, tf.square(first)), Math.sqrt(200));
      return { outputs: tf.concat([slope, valley], 1), buffers };
    },
  };
}
