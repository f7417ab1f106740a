/**
 * Regimes: how λ_FSD and the lengths of steps follow the course of training, beside φ.
 * @module
 */
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";

/** What a meta step shows a regime: scalars on the device. Functions compute when they are called. */
export interface RegimeEvidence {
  /** J_B(θ). */
  readonly loss: Tensor;
  /** J_B(u). */
  readonly lookaheadLoss: Tensor;
  /** Where outputs are a distribution over classes: how many there are. */
  readonly choices?: number;
  /** ⟨∇J_B(θ), θ − u⟩: the decrease of J_B that its slope promises. */
  promised(): Tensor;
  /** J_B′(θ) and J_B′(u). They cost no pass, as the FSD knows the outputs. */
  onMetaBatch(): { readonly loss: Tensor; readonly lookaheadLoss: Tensor };
}

/**
 * A small state machine around APO's learner: it observes meta steps, and says which λ_FSD the next one has and by which factor the steps
 * of training are shorter than what φ says. Its state is part of the optimizer's, so that it is saved with it. Pure functions;
 * call them inside `tf.tidy`.
 *
 * @example Bound the rate of any regime
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { plain, type Regime } from "@amortized/apo/optimizers";
 *
 * const regime: Regime = { ...plain(), bound: 0.1 };
 * assertEquals(regime.init(), {});
 * ```
 */
export interface Regime<S extends Tree = Tree> {
  /** It observes J on B, the batch of the gradient: `lossOn: "metaBatch"` is refused. */
  readonly needsLossOnBatch?: boolean;
  /** φ holds no learning rate above it, each block's by itself, so that no lookahead has one; `factor` comes after it. Other parameterizations ignore it. Default: none. */
  readonly bound?: number;
  /** The state before the first meta step. */
  init(): S;
  /** The state after a meta step; not called for one that repeats another. Where it is not finite the state stays as it was. */
  observe?(state: S, evidence: RegimeEvidence): S;
  /** λ_FSD of the next meta step, a scalar, after `step` steps of training, for a direction whose momentum is β₁ = `momentum`. */
  lambdaFsd(state: S, step: Tensor, momentum: number): Tensor;
  /**
   * The factor of the step of training, a scalar, for a direction whose momentum is β₁. The lookahead does not see it, so φ is learned
   * as if it were 1. Default: 1.
   */
  factor?(state: S, step: Tensor, momentum: number): Tensor;
  /** Scalars by name, for logs. Default: none. */
  report?(state: S): Tensors;
}
