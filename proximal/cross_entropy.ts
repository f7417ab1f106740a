/**
 * The losses of classifiers and of sigmoid outputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { classNumbers, oneHot } from "./class_numbers.ts";
import { finiteBits, finiteLogits, orInfinite } from "./extreme_logits.ts";
import { fusedLoss } from "./fused_loss.ts";
import type { Loss } from "./problem.ts";
import { areClassNumbers, checkShape } from "./shapes.ts";
import { countedTargets, weightedMean } from "./weighted_mean.ts";

/**
 * Softmax cross-entropy, −log p(target): the mean over examples. Goes with {@linkcode kl}.
 *
 * Give an example that should not count the weight 0. Its target may then be anything:
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * import { crossEntropy } from "@amortized/apo/proximal";
 *
 * const outputs = tf.tensor2d([[0, 0], [5, 1]]); // p = (1/2, 1/2), and what is ignored
 * const labels = tf.tensor1d([1, -1], "int32"), weights = tf.tensor1d([1, 0]);
 * const [loss] = await crossEntropy(outputs, labels, weights).data();
 * assertAlmostEquals(loss, Math.log(2), 1e-6);
 * ```
 *
 * A logit of −∞ is a probability of 0 (a masked class, an illegal move). The loss of a target that has it is +∞, and so is that of
 * a row of nothing but −∞; probabilities of 0 as targets count for nothing there.
 *
 * @param outputs Logits `[batch, …, classes]`.
 * @param targets Class numbers (int32, `[batch, …]`) or probabilities (float32, the shape of the logits). The loss, and its
 *   gradient, is NaN for a class number that no output stands for, unless its weight is 0; `fit` refuses such data.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0, in nats.
 * @throws `UserError` for shapes that do not agree.
 */
export function crossEntropy(outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  const areLabels = areClassNumbers("crossEntropy: targets", targets, outputs.shape);
  return tf.tidy(() => {
    const counted = countedTargets(areLabels ? classNumbers(targets) : targets, weights);
    const loss = areLabels ? "labelLoss" : "softmaxLoss";
    const fused = fusedLoss(loss, outputs, counted, outputs.rank - 1, weights, targets);
    if (fused) return fused;
    return ofProbabilities(outputs, areLabels ? oneHot(counted, outputs.shape[outputs.rank - 1]) : counted, weights);
  });
}

function ofProbabilities(outputs: Tensor, probabilities: Tensor, weights?: Tensor): Tensor {
  const terms = tf.neg(tf.mul(probabilities, tf.logSoftmax(finiteLogits(outputs))));
  return weightedMean(orInfinite(terms, outputs), weights);
}

/** {@linkcode crossEntropy} of targets that are mixed with the uniform distribution. @throws `UserError` unless smoothing is in [0, 1). */
export function smoothedCrossEntropy(smoothing: number): Loss {
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new UserError(`labelSmoothing is ${smoothing}; give a number from 0 to below 1, such as 0.1`);
  }
  return (outputs, targets, weights) => {
    const areLabels = areClassNumbers("softmax: targets", targets, outputs.shape);
    return tf.tidy(() => {
      const classes = outputs.shape[outputs.rank - 1],
        counted = countedTargets(areLabels ? classNumbers(targets) : targets, weights);
      const fused = areLabels &&
        fusedLoss("labelLoss", outputs, counted, outputs.rank - 1, weights, targets, smoothing);
      if (fused) return fused;
      const target = areLabels ? oneHot(counted, classes) : counted;
      const smoothed = tf.add(tf.mul(target, 1 - smoothing), smoothing / classes);
      return fusedLoss("softmaxLoss", outputs, smoothed, outputs.rank - 1, weights, targets) ??
        ofProbabilities(outputs, smoothed, weights);
    });
  };
}

/**
 * Binary cross-entropy of independent sigmoid outputs: the sum over outputs, the mean over examples. Goes with
 * {@linkcode bernoulliKl}.
 *
 * @param outputs Logits `[batch, …]`.
 * @param targets Probabilities in [0, 1], of the same shape.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0, in nats; +∞ where a logit of ±∞ rules out a target.
 * @throws `UserError` for shapes that do not agree.
 */
export function sigmoidCrossEntropy(outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  checkShape("sigmoidCrossEntropy: targets", targets, outputs.shape);
  return tf.tidy(() => {
    const counted = countedTargets(targets, weights);
    const fused = fusedLoss("bitsLoss", outputs, counted, weights?.rank ?? 1, weights, targets);
    if (fused) return fused;
    const logits = finiteBits(outputs);
    return weightedMean(orInfinite(tf.sub(tf.softplus(logits), tf.mul(logits, counted)), outputs), weights);
  });
}
