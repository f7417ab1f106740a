/**
 * Moving a factor relative to itself.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

const ITERATIONS = 2; // of power iteration: the norm need only be about right

/**
 * F ← F (I − μ X/max(1, ‖X‖₂)) for each block: no direction shrinks by more than μ of itself at a time, and the result
 * is as regular as F was.
 *
 * @param factor F, `[n, n]` or a stack of blocks.
 * @param slope X, symmetric, of the same shape.
 * @param rate μ, below 1.
 */
export function relativeMove(factor: Tensor, slope: Tensor, rate: number): Tensor {
  const size = factor.shape[factor.rank - 1], stack = [-1, size, size];
  const x: Tensor = tf.reshape(slope, stack);
  // what a column of a dense X looks like is no worse a start than a random vector, and not orthogonal to what it is the image of
  let vector: Tensor = tf.sum(tf.mul(x, start(size)), 2, true);
  for (let i = 1; i < ITERATIONS; i++) vector = tf.matMul(x, unit(vector));
  const norm = length(tf.matMul(x, unit(vector)));
  const step = tf.matMul(tf.reshape(factor, stack), tf.div(x, tf.maximum(norm, 1)));
  return tf.sub(factor, tf.mul(tf.reshape(step, factor.shape), rate));
}

/** A row of numbers of either sign and no period: what power iteration starts from. */
function start(size: number): Tensor {
  return tf.sin(tf.mul(tf.square(tf.range(1, size + 1)), 0.7));
}

const length = (vector: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(vector), [1, 2], true));
const unit = (vector: Tensor): Tensor => tf.divNoNan(vector, length(vector));
