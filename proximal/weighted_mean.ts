/**
 * Means over examples of sums over outputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { timesOrZero } from "../runtime/times_or_zero.ts";
import { checkWeights } from "./shapes.ts";

/** How many examples a mean is of, a scalar: Σw, or the number of rows. The mean over two batches weighs theirs by it. */
export function totalWeight(rows: number, weights?: Tensor): Tensor {
  return weights ? tf.sum(tf.cast(weights, "float32")) : tf.scalar(rows);
}

/** Weights, or a mask of integers, as numbers that broadcast over a tensor of this shape, whose leading axes they have. */
export function broadcastWeights(weights: Tensor, shape: readonly number[]): Tensor {
  return tf.reshape(tf.cast(weights, "float32"), [...weights.shape, ...shape.slice(weights.rank).map(() => 1)]);
}

/**
 * What each output's term counts in a mean over examples: 1/batch, or w/Σw in a shape that broadcasts over `outputs`. All zero
 * where all weights are.
 *
 * @throws `UserError` for weights that have not the shape of leading axes of `outputs`.
 */
export function exampleScale(outputs: Tensor, weights?: Tensor): Tensor {
  if (!weights) return tf.scalar(1 / Math.max(1, outputs.shape[0] ?? 1));
  checkWeights(weights, outputs.shape);
  const w = broadcastWeights(weights, outputs.shape);
  return tf.divNoNan(w, tf.sum(w));
}

/** Mean over examples, sum over outputs: Σwx/Σw of `terms` `[batch, …]`, without those whose weight is 0, whatever they are. */
export function weightedMean(terms: Tensor, weights?: Tensor): Tensor {
  const scale = exampleScale(terms, weights);
  return weights ? tf.sum(timesOrZero(terms, scale)) : tf.mul(tf.sum(terms), scale);
}

/** Targets with 0 in the place of those whose weight is 0, so that these may be anything: a class −1, or NaN. */
export function countedTargets(targets: Tensor, weights?: Tensor): Tensor {
  if (!weights || weights.rank > targets.rank) return targets;
  checkWeights(weights, targets.shape);
  const counts = tf.notEqual(broadcastWeights(weights, targets.shape), 0);
  return tf.where(counts, targets, tf.scalar(0, targets.dtype as "float32" | "int32"));
}
