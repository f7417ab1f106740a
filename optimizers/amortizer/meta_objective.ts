/**
 * Q as a function of φ.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Lambdas,
  type ObjectiveGradients,
  objectiveGradients,
  type ProximalPoint,
} from "../../proximal/objective.ts";
import type { Problem } from "../../proximal/problem.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { pullback } from "../parameterizations/pullback.ts";
import { stepped } from "../parameterizations/stepped.ts";

/** Which meta-objective. */
export interface MetaSetting {
  /** The model, J and ρ. */
  readonly problem: Problem;
  /** P_φ. */
  readonly parameterization: Parameterization;
  /** λ_FSD and λ_WSD. */
  readonly lambdas: Lambdas;
}

/** Where: all constant in ∇_φ. */
export type MetaPoint = Omit<ProximalPoint, "lookahead"> & {
  /** d. */
  readonly direction: Tensors;
};

/** Q(φ) with its gradients in u, and the way from there to φ. */
export interface MetaObjective extends ObjectiveGradients {
  /** u = θ − P_φ d. */
  readonly lookahead: Tensors;
  /** ∇_φ ⟨c, u(φ)⟩; of `gradients.total` it is ∇_φ Q. */
  pullback(cotangent: Tensors): Tensors;
}

/**
 * `$Q(\varphi) = J_B(u) + \lambda_{FSD}\,\mathrm{FSD}_{B'}(u, \theta) + \lambda_{WSD}\,\tfrac12\|u-\theta\|^2$` at
 * `$u = \theta - P_\varphi d$`, with θ and d constant: no second-order derivatives. Call it inside `tf.tidy`.
 */
export function metaObjective(setting: MetaSetting, phi: Tensors, point: MetaPoint): MetaObjective {
  const { problem, parameterization, lambdas } = setting;
  const lookahead = stepped(parameterization, phi, point.params, point.direction);
  return {
    ...objectiveGradients(problem, lambdas, { ...point, lookahead }),
    lookahead,
    pullback: (cotangent) =>
      mapTensors(pullback(parameterization, phi, point.direction, cotangent), (slope) => tf.neg(slope)),
  };
}
