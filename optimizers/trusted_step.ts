/**
 * What preconditioned methods do with their update: a trust region, then a heavy ball.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import type { Tensor, Tensors } from "../runtime/tensor.ts";
import { finiteOrNan, innerProduct } from "../runtime/tree.ts";

/** What such a step is made of. */
export interface TrustedStep {
  /** θ. */
  readonly params: Tensors;
  /** g. */
  readonly gradient: Tensors;
  /** U = P g. */
  readonly update: Tensors;
  /** v. */
  readonly velocity: Tensors;
  /** η: a scalar. */
  readonly learningRate: Tensor;
  /** κ. */
  readonly trustRegion: number;
  /** β. */
  readonly momentum: number;
}

const ball = elementwise(({ x, v, update, momentum, rate }) => {
  const velocity = v.mul(momentum).add(update.mul(rate));
  return { velocity, x: x.sub(velocity) };
});

/**
 * `$\nu = \eta\,\min(1, \sqrt{\kappa/\langle g, U\rangle})$`, `$v \leftarrow \beta v + \nu U$`, `$\theta \leftarrow \theta - v$` (the trust
 * region Ba et al. 2017). Where ⟨g, U⟩ leaves float32 the results are NaN. Call it inside `tf.tidy`.
 */
export function trustedStep(step: TrustedStep): { params: Tensors; velocity: Tensors; rate: Tensor } {
  const { params, gradient, update, velocity, learningRate, trustRegion, momentum } = step;
  const promised = tf.maximum(finiteOrNan(innerProduct(gradient, update)), 1e-30);
  // in this order, as tfjs's wasm takes the smaller of 1 and NaN for 1
  const rate: Tensor = tf.mul(learningRate, tf.minimum(tf.sqrt(tf.div(trustRegion, promised)), 1));
  const next = ball({ x: params, v: velocity, update, momentum: tf.scalar(momentum), rate });
  return { params: next.x, velocity: next.velocity, rate };
}
