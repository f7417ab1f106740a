/**
 * The losses of classifiers and of sigmoid outputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { fusedLoss } from "./fused_loss.ts";
import { weightedMean } from "./weighted_mean.ts";

/**
 * Softmax cross-entropy, −log p(target): the mean over examples. Goes with {@linkcode kl}.
 *
 * @param outputs Logits `[batch, …, classes]`.
 * @param targets Class numbers (int32, `[batch, …]`) or probabilities (float32, the shape of the
 *   logits). A class number outside [0, classes) counts as a loss of 0: check your data.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0, in nats.
 */
export function crossEntropy(outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  return tf.tidy(() => {
    const labels = targets.rank !== outputs.rank, reference = labels ? tf.cast(targets, "int32") : targets;
    const fused = fusedLoss(labels ? "labelLoss" : "softmaxLoss", outputs, reference, outputs.rank - 1, weights);
    if (fused) return fused;
    const classes = outputs.shape[outputs.rank - 1];
    const probabilities = labels ? tf.oneHot(reference, classes) : targets;
    return weightedMean(tf.neg(tf.mul(probabilities, tf.logSoftmax(outputs))), weights);
  });
}

/**
 * Binary cross-entropy of independent sigmoid outputs: the sum over outputs, the mean over examples. Goes with
 * {@linkcode bernoulli}.
 *
 * @param outputs Logits `[batch, …]`.
 * @param targets Probabilities in [0, 1], of the same shape.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0, in nats.
 */
export function sigmoidCrossEntropy(outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  return tf.tidy(() =>
    fusedLoss("bitsLoss", outputs, targets, weights?.rank ?? 1, weights) ??
      weightedMean(tf.sub(tf.softplus(outputs), tf.mul(outputs, targets)), weights)
  );
}
