/**
 * The discrepancy of classifiers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { finiteLogits, orInfinite } from "./extreme_logits.ts";
import { divergenceTerm } from "./divergence_term.ts";
import { fusedLoss } from "./fused_loss.ts";
import { checkShape } from "./shapes.ts";
import { exampleScale, weightedMean } from "./weighted_mean.ts";

/**
 * KL(p_θ ‖ p_u) between categorical distributions given by softmax logits, the discrepancy ρ that belongs to {@linkcode crossEntropy}:
 * `$\sum_c p_\theta(c)\,[\log p_\theta(c) - \log p_u(c)]$`, the mean over examples. Its Hessian at u = θ is the Fisher matrix.
 *
 * A logit of −∞ is a probability of 0, which counts for nothing in `reference`; where `outputs` rules out a class that
 * `reference` does not, the divergence is +∞. A row of nothing but −∞ counts as uniform.
 *
 * Accurate for steps of any size, down to logits that differ in their last digits, and finite for logits of ±100 and beyond.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * import { kl } from "@amortized/apo/proximal";
 *
 * const before = tf.tensor2d([[0, 0]]); // p = (1/2, 1/2)
 * const after = tf.tensor2d([[Math.log(3), 0]]); // q = (3/4, 1/4)
 * const [value] = await kl(after, before).data();
 * assertAlmostEquals(value, Math.log(2 / Math.sqrt(3)), 1e-6);
 * ```
 *
 * @param outputs Logits at u, `[batch, …, classes]`.
 * @param reference Logits at θ, of the same shape; a constant in gradients.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0, in nats.
 * @throws `UserError` for shapes that do not agree.
 */
export function kl(outputs: Tensor, reference: Tensor, weights?: Tensor): Tensor {
  checkShape("kl: reference", reference, outputs.shape);
  return tf.tidy(() => {
    const fused = fusedLoss("softmaxDivergence", outputs, reference, outputs.rank - 1, weights);
    if (fused) return fused;
    const logP = tf.logSoftmax(finiteLogits(reference)), scale = exampleScale(outputs, weights);
    const divergence = tf.customGrad((logits, save) => {
      const logQ = tf.logSoftmax(finiteLogits(logits as Tensor));
      (save as tf.GradSaveFunc)([logQ, logP, scale]);
      return {
        value: weightedMean(orInfinite(divergenceTerm(logP, logQ), logits as Tensor), weights),
        gradFunc: (dy: Tensor, [logQ, logP, scale]: Tensor[]) =>
          tf.mul(tf.mul(dy, scale), tf.sub(tf.exp(logQ), tf.exp(logP))),
      };
    });
    return divergence(outputs);
  });
}
