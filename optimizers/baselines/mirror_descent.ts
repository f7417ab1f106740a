/**
 * Mirror descent.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { gradientStep } from "../gradient_step.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import { checkScheduled } from "../check_scheduled.ts";
import { type Scheduled, valueAt } from "../schedules.ts";

/** The gradient of a convex generator ψ, and its inverse. The parameters must start where ψ is defined, and then stay there. */
export interface MirrorMap {
  /** ∇ψ. */
  forward(x: Tensor): Tensor;
  /** (∇ψ)⁻¹. */
  inverse(y: Tensor): Tensor;
}

/** ψ = ½x²: gradient descent. */
export const euclidean: MirrorMap = { forward: (x) => x, inverse: (y) => y };

/** ψ = Σ x log x − x on positive parameters: exponentiated gradient, θ ← θ e^(−ηg) (Kivinen & Warmuth 1997). */
export const positiveEntropy: MirrorMap = { forward: (x) => tf.log(x), inverse: (y) => tf.exp(y) };

/** ψ = Σ x log x on the simplex of the last axis: the same, normalized to sum 1. */
export const simplexEntropy: MirrorMap = { forward: (x) => tf.log(x), inverse: (y) => tf.softmax(y) };

/** The state of {@linkcode mirrorDescent}: steps done. */
export type MirrorDescentState = { readonly step: Tensor };

/** Options of {@linkcode mirrorDescent}. */
export interface MirrorDescentOptions {
  /** What is minimized. */
  readonly problem: Problem;
  /** The geometry of each parameter. */
  readonly mirror: MirrorMap;
  /** η. */
  readonly learningRate: Scheduled;
}

/**
 * `$\nabla\psi(\theta^+) = \nabla\psi(\theta) - \eta\,\nabla J_B(\theta)$`, the minimum of the linearised loss plus 1/η times the Bregman
 * divergence of ψ between parameters (Nemirovski & Yudin 1983; Beck & Teboulle 2003).
 *
 * @throws `UserError` for a negative rate.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * import { fit, gaussian, mirrorDescent, type Model, rows, simplexEntropy } from "@amortized/apo";
 *
 * const mixture: Model = { // its outputs are its parameters, on the simplex
 *   leaves: { w: { shape: [1, 3], role: "dense" } },
 *   init: () => ({ params: { w: tf.fill([1, 3], 1 / 3) }, buffers: {} }),
 *   apply: ({ w }, buffers) => ({ outputs: w, buffers }),
 * };
 * const problem = { model: mixture, output: gaussian() };
 * const data = { train: rows({ inputs: [[0]], targets: [[0.7, 0.2, 0.1]] }) };
 * const optimizer = mirrorDescent({ problem, mirror: simplexEntropy, learningRate: 1 });
 * for await (const event of fit({ problem, optimizer, data, steps: 50 })) {
 *   if (event.kind === "finished") assert(event.train.loss < 1e-3);
 * }
 * ```
 */
export function mirrorDescent(
  { problem, mirror, learningRate }: MirrorDescentOptions,
): Optimizer<Guarded<MirrorDescentState>> {
  checkScheduled("learningRate", learningRate);
  return defineOptimizer<MirrorDescentState>({
    problem,
    init: () => ({ step: tf.scalar(0) }),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const rate = valueAt(learningRate, carry.state.step);
      const params = mapTensors(
        carry.params,
        (x, name) => mirror.inverse(tf.sub(mirror.forward(x), tf.mul(gradient[name], rate))),
      );
      return {
        carry: { params, buffers, state: { step: tf.add(carry.state.step, 1) } },
        metrics: { loss, learningRate: rate },
      };
    },
  });
}
