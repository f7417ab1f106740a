/**
 * The discrepancy of networks with independent sigmoid outputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { finiteBits, orInfinite } from "./extreme_logits.ts";
import { divergenceTerm } from "./divergence_term.ts";
import { fusedLoss } from "./fused_loss.ts";
import { checkShape } from "./shapes.ts";
import { exampleScale, weightedMean } from "./weighted_mean.ts";

const logSigmoid = (logits: Tensor): Tensor => tf.neg(tf.softplus(tf.neg(logits)));

/**
 * Σ KL(Bern(σ(θ)) ‖ Bern(σ(u))) between independent Bernoulli outputs given by logits, the discrepancy ρ that belongs to
 * {@linkcode sigmoidCrossEntropy}: the sum over outputs, the mean over examples.
 *
 * @param outputs Logits at u, `[batch, …]`.
 * @param reference Logits at θ, of the same shape; a constant in gradients.
 * @param weights As in `Batch`.
 * @returns A scalar ≥ 0, in nats; +∞ where a logit of ±∞ in `outputs` rules out what `reference` does not.
 * @throws `UserError` for shapes that do not agree.
 */
export function bernoulliKl(outputs: Tensor, reference: Tensor, weights?: Tensor): Tensor {
  checkShape("bernoulliKl: reference", reference, outputs.shape);
  return tf.tidy(() => {
    const fused = fusedLoss("bitsDivergence", outputs, reference, weights?.rank ?? 1, weights);
    if (fused) return fused;
    const before = finiteBits(reference), p = tf.sigmoid(before), scale = exampleScale(outputs, weights);
    const divergence = tf.customGrad((input, save) => {
      const logits = finiteBits(input as Tensor);
      (save as tf.GradSaveFunc)([logits, p, scale]);
      const on = divergenceTerm(logSigmoid(before), logSigmoid(logits));
      const off = divergenceTerm(logSigmoid(tf.neg(before)), logSigmoid(tf.neg(logits)));
      return {
        value: weightedMean(orInfinite(tf.add(on, off), input as Tensor), weights),
        gradFunc: (dy: Tensor, [logits, p, scale]: Tensor[]) =>
          tf.mul(tf.mul(dy, scale), tf.sub(tf.sigmoid(logits), p)),
      };
    });
    return divergence(outputs);
  });
}
