/**
 * Means over examples of losses and divergences that a backend computes in one pass, gradient and all.
 * @module
 */
import { type RowLoss, rowLoss } from "../runtime/row_loss.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { exampleScale } from "./weighted_mean.ts";

/**
 * The mean over examples, or undefined where the backend has no kernel for it or the weights tell more apart than rows.
 *
 * @param rank How many of the outputs' axes number the rows that the loss is of.
 */
export function fusedLoss(
  loss: RowLoss,
  outputs: Tensor,
  reference: Tensor,
  rank: number,
  weights?: Tensor,
): Tensor | undefined {
  if (weights && weights.rank > rank) return undefined;
  return rowLoss(loss, outputs, reference, rank, exampleScale(outputs, weights));
}
