/**
 * Moving a factor relative to itself.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../../runtime/tensor.ts";

const TINY = 1e-30; // no norm of anything that matters, and no 0 / 0

/**
 * F ← F (I − μX/max(1, ‖X‖₂)) for each block: no direction changes by more than about μ of itself at a time. The norm is by a few
 * steps of power iteration, of X over its largest entry: curvature may be of any size that float32 holds.
 *
 * @param factor F, `[n, n]` or a stack of blocks.
 * @param slope X, symmetric, of the same shape.
 * @param rate μ, below 1.
 */
export function relativeMove(factor: Tensor, slope: Tensor, rate: number): Tensor {
  const size = factor.shape[factor.rank - 1], x: Tensor = tf.reshape(slope, [-1, size, size]);
  const largest = tf.maximum(tf.max(tf.abs(x), [1, 2], true), TINY), unit = tf.div(x, largest);
  const step = tf.mul(unit, tf.div(rate, tf.maximum(norm(unit), tf.div(1, largest))));
  return tf.sub(factor, tf.matMul(factor, tf.reshape(step, factor.shape)));
}

/** ‖X‖₂ of each block, `[blocks, 1, 1]`: from below, and about right. */
function norm(x: Tensor): Tensor {
  // what a column of a dense X looks like is no worse a start than a random vector, and not orthogonal to what it is the image of
  const image = tf.matMul(x, start(x.shape[2]!)), first = tf.matMul(x, normed(image));
  const second = tf.matMul(x, normed(first));
  return tf.sqrt(squared(tf.matMul(x, normed(second))));
}

/** A column of numbers of either sign and no period: what power iteration starts from. */
function start(size: number): Tensor {
  return tf.tensor3d(Float32Array.from({ length: size }, (_, i) => Math.sin(0.7 * (i + 1) ** 2)), [1, size, 1]);
}

const normed = (vectors: Tensor): Tensor => tf.div(vectors, tf.sqrt(squared(vectors)));
const squared = (vectors: Tensor): Tensor => tf.add(tf.sum(tf.square(vectors), [1, 2], true), TINY);
