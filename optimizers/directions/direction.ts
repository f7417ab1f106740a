/**
 * Directions: what a step is made of before a rate or a preconditioner scales it.
 * @module
 */
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import type { Branching } from "../branches.ts";
import type { Caution } from "../amortizer/caution.ts";
import type { NoiseLevel } from "../amortizer/decay_by_noise.ts";
import type { StepClock } from "../step_clock.ts";

/**
 * Turns gradients into directions of descent, without a step size: θ ← θ − η d. Pure; call it inside `tf.tidy`.
 */
export interface Direction<S extends Tree = Tree> extends Branching {
  /** β₁: the decay of the momentum in d, 0 unless given. APO's default λ_FSD depends on it. */
  readonly momentum?: number;
  /** APO's default λ_FSD, where that of its momentum does not suit, and how it grows with noise, where it has to. */
  readonly discrepancy?: { readonly lambdaFsd: number; readonly caution?: Caution };
  /** The noise level of APO's `decayByNoise`, where the usual one does not suit. */
  readonly noiseLevel?: NoiseLevel;
  /** APO steps with no rate above it, where one step ahead it is not seen that a rate is too large; of log-rates only, each of them. */
  readonly largestRate?: number;
  /** The state at the start. */
  init(params: Tensors): S;
  /**
   * Advances the state once and gives d. Whether work that is done every so many steps is due depends on `at` alone; `branch`
   * then tells.
   */
  next(gradient: Tensors, state: S, params: Tensors, at: StepClock): { direction: Tensors; state: S };
}
