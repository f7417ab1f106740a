/**
 * Bregman divergences of any convex generator.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import type { Discrepancy } from "./problem.ts";
import { finiteBits, orInfinite } from "./extreme_logits.ts";
import { checkShape } from "./shapes.ts";
import { weightedMean } from "./weighted_mean.ts";

/** A convex function of the outputs `[batch, …]`: a value an example or an output, to be summed (`[batch, …]` as well). */
export type Generator = (outputs: Tensor) => Tensor;

/** log Σ exp: the log-partition of a categorical distribution. Its divergence is {@linkcode kl}. */
export function logPartition(outputs: Tensor): Tensor {
  return tf.logSumExp(outputs, -1, true);
}

/** Σ log(1 + e^z): the log-partition of independent Bernoulli outputs. Its divergence is {@linkcode bernoulliKl}. */
export function bernoulliLogPartition(outputs: Tensor): Tensor {
  return tf.softplus(outputs);
}

/** ½z²: the log-partition of Gaussians of unit variance. Its divergence is {@linkcode squaredError}. */
export function halfSquare(outputs: Tensor): Tensor {
  return tf.mul(tf.square(outputs), 0.5);
}

/**
 * The Bregman divergence of a generator G between outputs:
 * `$D(u, \theta) = G(u) - G(\theta) - \langle\nabla G(\theta), u - \theta\rangle$`, the mean over examples. With G the
 * log-partition of the output distribution (an exponential family with natural parameters u) it is KL(p_θ ‖ p_u).
 *
 * Logits of −∞ are as in {@linkcode kl}.
 *
 * The difference of three large numbers loses digits in float32: the built-in discrepancies, which are instances, do not.
 */
export function bregman(generator: Generator): Discrepancy {
  return (outputs, reference, weights) => {
    checkShape("bregman: reference", reference, outputs.shape);
    return tf.tidy(() => {
      const before = finiteBits(reference), after = finiteBits(outputs);
      const slope = tf.grad((x) => tf.sum(generator(x)))(before);
      const rise = weightedMean(tf.sub(generator(after), generator(before)), weights);
      const linear = orInfinite(tf.mul(slope, tf.sub(before, after)), outputs); // ⟨∇G(θ), θ − u⟩
      return tf.add(rise, weightedMean(linear, weights));
    });
  };
}
