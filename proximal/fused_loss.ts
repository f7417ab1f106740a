/**
 * Means over examples of losses and divergences that a backend computes in one pass, gradient and all.
 * @module
 */
import { isRecorded } from "../runtime/recorded.ts";
import { type RowLoss, rowLoss } from "../runtime/row_loss.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { exampleScale } from "./weighted_mean.ts";

/**
 * The mean over examples, or undefined where the backend has no kernel for it, the weights tell more apart than rows, or a loss has
 * targets or weights that may depend on what the gradient is in.
 *
 * @param rank How many of the outputs' axes number the rows that the loss is of.
 * @param given What the reference was made of.
 * @param smoothing Of the labels of `labelLoss`. Default: 0.
 */
export function fusedLoss(
  loss: RowLoss,
  outputs: Tensor,
  reference: Tensor,
  rank: number,
  weights?: Tensor,
  given: Tensor = reference,
  smoothing = 0,
): Tensor | undefined {
  if (weights && weights.rank > rank) return undefined;
  const isDivergence = loss === "softmaxDivergence" || loss === "bitsDivergence"; // their reference and weights are constants
  if (!isDivergence && isRecorded(given, weights)) return undefined;
  return rowLoss(loss, outputs, reference, rank, exampleScale(outputs, weights), smoothing);
}
