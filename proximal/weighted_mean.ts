/**
 * Means over examples of sums over outputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";

/**
 * What each output's term counts in a mean over examples: 1/batch, or w/Σw in a shape that broadcasts over `outputs`. All zero
 * where all weights are.
 */
export function exampleScale(outputs: Tensor, weights?: Tensor): Tensor {
  if (!weights) return tf.scalar(1 / Math.max(1, outputs.shape[0] ?? 1));
  const w = tf.cast(weights, "float32"); // a mask may be int32, whose division would truncate
  const share = tf.divNoNan(w, tf.sum(w));
  return tf.reshape(share, [...weights.shape, ...outputs.shape.slice(weights.rank).map(() => 1)]);
}

/** Mean over examples, sum over outputs: Σwx/Σw of `terms` `[batch, …]`. */
export function weightedMean(terms: Tensor, weights?: Tensor): Tensor {
  return weights ? tf.sum(tf.mul(terms, exampleScale(terms, weights))) : tf.mul(tf.sum(terms), exampleScale(terms));
}
