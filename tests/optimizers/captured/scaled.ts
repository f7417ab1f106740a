/** An optimizer for tests of captured steps. */
import * as tf from "@tensorflow/tfjs";
import { defineOptimizer, gradientStep, type Optimizer, type Problem } from "../../../mod.ts";
import { mapTensors } from "../../../runtime/tree.ts";

/** Steps of gradient descent by a factor that the test makes up. */
export const scaled = (
  problem: Problem,
  factor: (at: { step: number }, loss: tf.Tensor) => tf.Tensor | number,
): Optimizer =>
  defineOptimizer<Record<never, never>>({
    init: () => ({}),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at), by = factor(at, loss);
      const params = mapTensors(carry.params, (x, name) => tf.sub(x, tf.mul(gradient[name], by)));
      return { carry: { params, buffers, state: {} }, metrics: { loss } };
    },
  });
