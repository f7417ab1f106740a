/**
 * Directions: what a step is made of before a rate or a preconditioner scales it.
 * @module
 */
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import type { Branching } from "../branches.ts";
import type { StepClock } from "../step_clock.ts";

/**
 * Turns gradients into directions of descent, without a step size: θ ← θ − η d. Pure; call it inside `tf.tidy`.
 */
export interface Direction<S extends Tree = Tree> extends Branching {
  /** β₁: the decay of the momentum in d. Default: 0. */
  readonly momentum?: number;
  /** The state at the start. */
  init(params: Tensors): S;
  /**
   * Advances the state once and gives d. Whether work that is done every so many steps is due depends on `at` alone; `branch`
   * then tells.
   */
  next(gradient: Tensors, state: S, params: Tensors, at: StepClock): { direction: Tensors; state: S };
}
