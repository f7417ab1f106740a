/**
 * What a network's outputs mean.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { bernoulliKl } from "./bernoulli_kl.ts";
import { checkDistributions, checkFinite, checkProbabilities } from "./check_targets.ts";
import { checkClassNumbers, classNumbers, oneHot } from "./class_numbers.ts";
import { crossEntropy, sigmoidCrossEntropy, smoothedCrossEntropy } from "./cross_entropy.ts";
import { kl } from "./kl.ts";
import { categorical, independentBits, unitGaussian } from "./likelihood.ts";
import type { Output } from "./problem.ts";
import { areClassNumbers, checkShape } from "./shapes.ts";
import { squaredError } from "./squared_error.ts";

/** Options of {@linkcode softmax}. */
export interface SoftmaxOptions {
  /**
   * ε: targets are mixed with the uniform distribution over the V classes, `(1 − ε) target + ε/V` (Szegedy et al. 2016, arXiv
   * 1512.00567). A class whose logit is −∞ is among the V, so that the loss is +∞. Default: 0.
   */
  readonly labelSmoothing?: number;
}

/**
 * Outputs are the logits of classes, `[batch, …, classes]`. The loss is {@linkcode crossEntropy}, of class numbers or of
 * probabilities; the discrepancy is {@linkcode kl}.
 *
 * @example
 * ```ts
 * import { mlp } from "@amortized/apo/models";
 * import { softmax } from "@amortized/apo/proximal";
 *
 * const problem = { model: mlp([784, 256, 10]), output: softmax({ labelSmoothing: 0.1 }) };
 * ```
 *
 * @throws `UserError` unless labelSmoothing is in [0, 1).
 */
export function softmax({ labelSmoothing = 0 }: SoftmaxOptions = {}): Output {
  return {
    loss: labelSmoothing === 0 ? crossEntropy : smoothedCrossEntropy(labelSmoothing),
    discrepancy: kl,
    likelihood: categorical,
    constant: {
      averaged: (targets, outputs) => {
        const classes = outputs[outputs.length - 1]!;
        if (!areClassNumbers("targets", targets, outputs)) return targets;
        return oneHot(classNumbers(targets), classes);
      },
      outputs: (mean) => tf.log(tf.add(tf.mul(mean, 1 - labelSmoothing), labelSmoothing / mean.size)),
    },
    check: (outputs, targets, weights) => {
      if (!areClassNumbers("targets", targets, outputs)) checkDistributions(targets, weights);
      else checkClassNumbers(targets, outputs[outputs.length - 1]!, weights);
    },
  };
}

/** A check of the shape, and of the numbers. */
const checked =
  (numbers: (targets: Tensor, weights?: Tensor) => void): Output["check"] => (outputs, targets, weights) => {
    checkShape("targets", targets, outputs);
    numbers(targets, weights);
  };

/**
 * Outputs are the logits of independent bits, `[batch, …]`. The loss is {@linkcode sigmoidCrossEntropy}, of probabilities in [0, 1]; the
 * discrepancy is {@linkcode bernoulliKl}.
 */
export function bernoulli(): Output {
  return {
    loss: sigmoidCrossEntropy,
    discrepancy: bernoulliKl,
    likelihood: independentBits,
    constant: { averaged: (targets) => targets, outputs: (mean) => tf.sub(tf.log(mean), tf.log(tf.sub(1, mean))) },
    check: checked(checkProbabilities),
  };
}

/** Outputs are the means of Gaussians of unit variance, `[batch, …]`. Loss and discrepancy are {@linkcode squaredError}. */
export function gaussian(): Output {
  return {
    loss: squaredError,
    discrepancy: squaredError,
    likelihood: unitGaussian,
    constant: { averaged: (targets) => targets, outputs: (mean) => mean },
    check: checked(checkFinite),
  };
}
