/**
 * Logits of −∞, by which a model rules out classes (masked tokens, illegal moves). They count as −3.4e38, so that 0 · ∞ is 0 and
 * all backends agree; what comes out positive because of one is +∞.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";

const LARGEST = 3.4e38;

/** Logits of classes with −3.4e38 in the place of −∞. The gradient passes through. +∞ stays: a softmax of it has no meaning. */
export function finiteLogits(logits: Tensor): Tensor {
  return straightThrough(logits, (x) => tf.maximum(x, -LARGEST));
}

/** Logits of independent bits with ±3.4e38 in the place of ±∞. The gradient passes through. */
export function finiteBits(logits: Tensor): Tensor {
  return straightThrough(logits, (x) => tf.minimum(tf.maximum(x, -LARGEST), LARGEST));
}

/** The terms of a loss, +∞ where one is positive and its logit infinite. The gradient passes through. */
export function orInfinite(terms: Tensor, logits: Tensor): Tensor {
  return straightThrough(terms, (x) => {
    const impossible = tf.logicalAnd(tf.equal(tf.abs(logits), Infinity), tf.greater(x, 0));
    return tf.where(impossible, tf.scalar(Infinity), x);
  });
}

function straightThrough(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((at) => ({ value: f(at as Tensor), gradFunc: (dy: Tensor) => dy }))(x);
}
