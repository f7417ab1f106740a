/**
 * Moving a factor relative to itself.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

const TINY = 1e-30; // no norm of anything that matters, and no 0 / 0

/**
 * F ← F (I − μ X/max(1, ‖X‖₂)) for each block: no direction shrinks by more than μ of itself at a time, and the result
 * is as regular as F was.
 *
 * @param factor F, `[n, n]` or a stack of blocks.
 * @param slope X, symmetric, of the same shape.
 * @param rate μ, below 1.
 */
export function relativeMove(factor: Tensor, slope: Tensor, rate: number): Tensor {
  const size = factor.shape[factor.rank - 1], x: Tensor = tf.reshape(slope, [-1, size, size]);
  const step = tf.mul(x, tf.div(rate, tf.maximum(norm(x), 1)));
  return tf.sub(factor, tf.matMul(factor, tf.reshape(step, factor.shape)));
}

/** ‖X‖₂ of each block, `[blocks, 1, 1]`, by two steps of power iteration, as it need only be about right. */
function norm(x: Tensor): Tensor {
  // what a column of a dense X looks like is no worse a start than a random vector, and not orthogonal to what it is the image of
  const image = tf.matMul(x, start(x.shape[2]!));
  const first = tf.matMul(x, tf.div(image, tf.sqrt(squared(image)))), second = tf.matMul(x, first);
  return tf.sqrt(tf.div(squared(second), squared(first)));
}

/** A column of numbers of either sign and no period: what power iteration starts from. */
function start(size: number): Tensor {
  return tf.tensor3d(Float32Array.from({ length: size }, (_, i) => Math.sin(0.7 * (i + 1) ** 2)), [1, size, 1]);
}

const squared = (vectors: Tensor): Tensor => tf.add(tf.sum(tf.square(vectors), [1, 2], true), TINY);
