/**
 * Half the squared distance: the loss of regression and its discrepancy.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { checkShape } from "./shapes.ts";
import { countedTargets, weightedMean } from "./weighted_mean.ts";

/**
 * `$\tfrac12\|f - r\|^2$`, the sum over outputs, the mean over examples. As a loss, `reference` holds the targets; as a
 * discrepancy it holds f(·, θ).
 *
 * @param outputs `[batch, …]`.
 * @param reference Of the same shape.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0.
 * @throws `UserError` for shapes that do not agree.
 */
export function squaredError(outputs: Tensor, reference: Tensor, weights?: Tensor): Tensor {
  checkShape("squaredError: reference", reference, outputs.shape);
  return tf.tidy(() => {
    const difference = tf.sub(outputs, countedTargets(reference, weights));
    return tf.mul(weightedMean(tf.square(difference), weights), 0.5);
  });
}
