/**
 * Whether targets fit outputs.
 * @module
 */
import type { Tensor } from "../runtime/tensor.ts";
import { checkClassNumbers } from "./class_numbers.ts";
import { crossEntropy, sigmoidCrossEntropy } from "./cross_entropy.ts";
import type { Problem } from "./problem.ts";
import { areClassNumbers, checkShape, checkWeights, type PartialShape } from "./shapes.ts";
import { squaredError } from "./squared_error.ts";

/** @throws `UserError` for targets or weights that do not fit outputs of this shape, where the loss is a built-in one. */
export function checkTargets({ loss }: Problem, outputs: PartialShape, targets: Tensor, weights?: Tensor): void {
  if (weights) checkWeights(weights, outputs);
  if (loss === squaredError || loss === sigmoidCrossEntropy) checkShape("targets", targets, outputs);
  if (loss === crossEntropy && areClassNumbers("targets", targets, outputs)) {
    checkClassNumbers(targets, outputs[outputs.length - 1]!, weights);
  }
}
