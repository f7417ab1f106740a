/**
 * What the steps of all first-order optimizers begin with.
 * @module
 */
import { trainingMode } from "../models/mode.ts";
import type { Mode } from "../models/model.ts";
import { type Beside, lossGradients } from "../proximal/micro_batches.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { chanceAt } from "./branches.ts";
import type { Carry } from "./optimizer.ts";
import type { StepClock } from "./step_clock.ts";

/** J_B(θ), g = ∇J_B(θ), and the buffers after the pass. */
export interface GradientStep {
  /** J_B(θ). */
  readonly loss: Tensor;
  /** g. */
  readonly gradient: Tensors;
  /** The model's buffers after the pass. */
  readonly buffers: Tree;
  /** That of {@linkcode Beside}. */
  readonly beside?: Tensors;
  /** The mode of the pass; other passes of the same step use it too. */
  readonly mode: Mode;
}

/**
 * The loss and its gradient on a batch, in training mode. Call it inside `tf.tidy`.
 *
 * @param beside Its gradient is taken, too.
 */
export function gradientStep(
  problem: Problem,
  carry: Carry,
  batch: Batch,
  at: StepClock,
  beside?: Beside,
): GradientStep {
  const mode = trainingMode(chanceAt(at)), { params, buffers: before } = carry;
  const { gradients: gradient, ...found } = lossGradients(problem, params, before, batch, mode, beside);
  return { ...found, gradient, mode };
}
