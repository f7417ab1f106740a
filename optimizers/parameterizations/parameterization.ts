/**
 * Parameterizations: families of linear maps P_φ that turn a direction into a step.
 * @module
 */
import type { Leaves } from "../../models/model.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import type { Learned } from "../optimizer.ts";

/**
 * P_φ, differentiable in φ. The step is θ ← θ − P_φ d. Pure functions; call them inside `tf.tidy`.
 *
 * The names of φ are `group` or `group/parameter`; a meta-optimizer can have a rate of its own for each group.
 */
export interface Parameterization {
  /** φ is a set of log-rates, each a scalar: what the normalized meta-optimizer needs. */
  readonly logRates?: boolean;
  /** φ at the start, where P_φ is the initial rate times the identity. */
  init(params: Tensors, leaves: Leaves): Tensors;
  /** P_φ d. */
  precondition(phi: Tensors, direction: Tensors): Tensors;
  /** θ − P_φ d in one pass over memory, where there is a way: to the bit what {@linkcode precondition} and a subtraction give. */
  step?(phi: Tensors, params: Tensors, direction: Tensors): Tensors;
  /** ∇_φ ⟨c, P_φ d⟩ in closed form, where that is cheaper than to differentiate {@linkcode precondition}. */
  pullback?(phi: Tensors, direction: Tensors, cotangent: Tensors): Tensors;
  /** The φ′ whose P is `factor` (a positive scalar) times P_φ: what the start-up search moves along. */
  scale(phi: Tensors, factor: Tensor): Tensors;
  /** What one wants to watch of φ, for logs; reads back from the device. */
  describe(phi: Tensors): Promise<Learned>;
}
