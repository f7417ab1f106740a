/**
 * What moves φ.
 * @module
 */
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import type { Branching } from "../branches.ts";
import type { StepClock } from "../step_clock.ts";

/** What one meta step knows. All are constants on the device. */
export interface MetaEvidence {
  /** Steps of training done: for schedules. A scalar. */
  readonly step: Tensor;
  /** When. */
  readonly at: StepClock;
  /** One of the first steps, when φ is adapted at every step. */
  readonly early: boolean;
  /** g = ∇J_B(θ). */
  readonly gradient: Tensors;
  /** d. */
  readonly direction: Tensors;
  /** ∇_u Q at the lookahead u. */
  readonly lookaheadGradient: Tensors;
  /** A boolean scalar: J_B(θ) is finite and f(B′, θ) has a distance to itself, so a lookahead that is not has gone too far. */
  readonly sound: Tensor;
  /** A boolean scalar: Q(φ) is finite too. */
  readonly finite: Tensor;
  /** ∇_φ ⟨c, u(φ)⟩ = −∇_φ ⟨c, P_φ d⟩: turns a gradient in u into one in φ. */
  pullback(cotangent: Tensors): Tensors;
  /** ⟨c, u − θ⟩ = −⟨c, P_φ d⟩: turns a gradient in u into one in the logarithm of the scale of P. */
  along(cotangent: Tensors): Tensor;
  /** The φ whose P is a factor times as large. */
  scaled(phi: Tensors, factor: Tensor): Tensors;
}

/** What a meta step returns. */
export interface MetaStep<S extends Tree> {
  /** φ after it. */
  readonly phi: Tensors;
  /** The state after it. */
  readonly state: S;
  /** ‖∇_φ Q‖: a scalar, for logs. */
  readonly gradientNorm: Tensor;
  /** A boolean scalar: the evidence was finite. Where it was not, the step is counted as skipped. */
  readonly finite: Tensor;
}

/** Moves φ to lower Q. Pure; call it inside `tf.tidy`. */
export interface MetaOptimizer<S extends Tree = Tree> extends Branching {
  /** Only for parameterizations whose φ are log-rates. */
  readonly needsLogRates?: boolean;
  /** The state at the start. */
  init(phi: Tensors): S;
  /** One step. Where the evidence is not finite it must leave φ and its state in order. */
  next(evidence: MetaEvidence, phi: Tensors, state: S): MetaStep<S>;
}
