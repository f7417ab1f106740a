/**
 * The distributions that outputs stand for: what Fisher matrices are made of.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Draws } from "../runtime/chance.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { bernoulli } from "./bernoulli.ts";
import { crossEntropy, sigmoidCrossEntropy } from "./cross_entropy.ts";
import { finiteLogits } from "./extreme_logits.ts";
import { kl } from "./kl.ts";
import type { Discrepancy, Loss } from "./problem.ts";
import { squaredError } from "./squared_error.ts";

/** A distribution with natural parameters `outputs`, an exponential family: its Fisher matrix is the Hessian of its discrepancy. */
export interface Likelihood {
  /** −log p of targets, up to what does not depend on the outputs: the mean over examples. */
  readonly loss: Loss;
  /** Targets drawn from it, in the form that its loss takes. */
  sample(outputs: Tensor, random: Draws): Tensor;
  /** F v: the Fisher matrix of each example's outputs times `tangent`, of the shape of `outputs`. */
  fisher(outputs: Tensor, tangent: Tensor): Tensor;
}

const softmaxOf = (outputs: Tensor): Tensor => tf.softmax(finiteLogits(outputs));

/** Of {@linkcode kl}: classes with softmax probabilities. F = diag(p) − p pᵀ. */
export const categorical: Likelihood = {
  loss: crossEntropy,
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

/** Of {@linkcode bernoulli}: independent bits. F = diag(p (1 − p)). */
export const independentBits: Likelihood = {
  loss: sigmoidCrossEntropy,
  sample: (outputs, random) => tf.cast(tf.less(random.uniform(outputs.shape), tf.sigmoid(outputs)), "float32"),
  fisher: (outputs, tangent) => {
    const p = tf.sigmoid(outputs);
    return tf.mul(tf.mul(p, tf.sub(1, p)), tangent);
  },
};

/** Of {@linkcode squaredError}: Gaussians of unit variance. F = I. */
export const gaussian: Likelihood = {
  loss: squaredError,
  sample: (outputs, random) => tf.add(outputs, random.normal(outputs.shape)),
  fisher: (_outputs, tangent) => tangent,
};

const known = new Map<Discrepancy, Likelihood>([[kl, categorical], [bernoulli, independentBits], [
  squaredError,
  gaussian,
]]);

/** The distribution whose Kullback–Leibler divergence a built-in discrepancy is. */
export function likelihoodOf(discrepancy: Discrepancy): Likelihood | undefined {
  return known.get(discrepancy);
}
