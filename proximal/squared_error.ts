/**
 * Half the squared distance: the loss of regression and its discrepancy.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { weightedMean } from "./weighted_mean.ts";

/**
 * `$\tfrac12\|f - r\|^2$`, the sum over outputs, the mean over examples. As a loss, `reference` holds the targets; as a
 * discrepancy it holds f(·, θ).
 *
 * @param outputs `[batch, …]`.
 * @param reference Of the same shape.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0.
 */
export function squaredError(outputs: Tensor, reference: Tensor, weights?: Tensor): Tensor {
  return tf.tidy(() => tf.mul(weightedMean(tf.square(tf.sub(outputs, reference)), weights), 0.5));
}
