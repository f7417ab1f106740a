/**
 * The term that both Kullback–Leibler divergences are sums of.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";

const SMALL = 0.1;

/**
 * p (e^δ − 1 − δ) with δ = log q − log p, elementwise and never negative. Because Σ(q − p) = 0, its sum over an event space is
 * KL(p‖q) = Σ p log(p/q), but without that sum's cancellation: in float32 the textbook form of a small step's divergence is
 * mere rounding noise, of either sign.
 */
export function divergenceTerm(logP: Tensor, logQ: Tensor): Tensor {
  const p = tf.exp(logP), delta = tf.sub(logQ, logP);
  const series = [1 / 120, 1 / 24, 1 / 6, 1 / 2].reduce<Tensor>(
    (sum, coefficient) => tf.add(tf.mul(sum, delta), coefficient),
    tf.scalar(0),
  );
  const near = tf.mul(p, tf.mul(tf.square(delta), series));
  const far = tf.sub(tf.sub(tf.exp(logQ), p), tf.mul(p, delta)); // p e^δ would overflow where p underflows
  return tf.where(tf.less(tf.abs(delta), SMALL), near, far);
}
