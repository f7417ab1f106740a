/**
 * The distributions that outputs stand for: what Fisher matrices are made of.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { crossEntropy, sigmoidCrossEntropy } from "./cross_entropy.ts";
import { finiteLogits } from "./extreme_logits.ts";
import type { Likelihood } from "./problem.ts";
import { squaredError } from "./squared_error.ts";

const softmaxOf = (outputs: Tensor): Tensor => tf.softmax(finiteLogits(outputs));

/** Of {@linkcode kl}: classes with softmax probabilities. F = diag(p) − p pᵀ. */
export const categorical: Likelihood = {
  loss: crossEntropy,
  choices: (shape) => shape[shape.length - 1],
  sample: (outputs, random) => {
    const p = softmaxOf(outputs), draws = random.uniform([...p.shape.slice(0, -1), 1]);
    // the first class whose cumulative probability is above the draw; the last one that has a probability where rounding
    // leaves none
    const classes = p.shape[p.rank - 1]!, index = tf.range(0, classes);
    const isAbove = tf.less(draws, tf.cumsum(p, p.rank - 1));
    const rank = tf.where(isAbove, tf.sub(2 * classes, index), index);
    return tf.argMax(tf.where(tf.greater(p, 0), rank, tf.scalar(-1)), -1);
  },
  fisher: (outputs, tangent) => {
    const p = softmaxOf(outputs), weighted = tf.mul(p, tangent);
    return tf.sub(weighted, tf.mul(p, tf.sum(weighted, -1, true)));
  },
};

/** Of {@linkcode bernoulliKl}: independent bits. F = diag(p (1 − p)). */
export const independentBits: Likelihood = {
  loss: sigmoidCrossEntropy,
  sample: (outputs, random) => tf.cast(tf.less(random.uniform(outputs.shape), tf.sigmoid(outputs)), "float32"),
  fisher: (outputs, tangent) => {
    const p = tf.sigmoid(outputs);
    return tf.mul(tf.mul(p, tf.sub(1, p)), tangent);
  },
};

/** Of {@linkcode squaredError}: Gaussians of unit variance. F = I. */
export const unitGaussian: Likelihood = {
  loss: squaredError,
  sample: (outputs, random) => tf.add(outputs, random.normal(outputs.shape)),
  fisher: (_outputs, tangent) => tangent,
};
