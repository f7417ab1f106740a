/**
 * Steps with the whole curvature matrix: natural gradient, generalized Gauss–Newton, damped Newton.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { nonNegative, positiveWhole } from "../../runtime/errors.ts";
import { eigenvectors } from "../../runtime/linear_algebra/eigenvectors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { gradientStep } from "../gradient_step.ts";
import { type Batches, defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import { checkScheduled } from "../check_scheduled.ts";
import { type Scheduled, valueAt } from "../schedules.ts";
import { conjugateGradients } from "./conjugate_gradients.ts";
import { type Curvature, denseMatrix, flat, gaussNewton, hessian, unflat } from "./curvature.ts";

/** Options of {@linkcode naturalGradient} and {@linkcode dampedNewton}. */
export interface SecondOrderOptions {
  /** What is minimized. */
  readonly problem: Problem;
  /** λ_FSD, what the curvature counts. Default: 1. */
  readonly lambdaFsd?: number;
  /** λ_WSD, the damping. Default: 0.01. */
  readonly lambdaWsd?: number;
  /** η. Default: 1. */
  readonly learningRate?: Scheduled;
  /** Iterations of conjugate gradients. Default: none; the whole matrix is built and its eigenvectors taken (toy problems). */
  readonly iterations?: number;
}

/** The state of these: steps done. */
export type SecondOrderState = { readonly step: Tensor };

/**
 * Natural gradient: `$\theta \leftarrow \theta - \eta\,(\lambda_{FSD}\,G + \lambda_{WSD} I)^{-1}\,\nabla J_B$`, G the Hessian of
 * the discrepancy on B′ ({@linkcode gaussNewton}): with `kl` natural gradient (Amari 1998), with `squaredError` Gauss–Newton as
 * Levenberg and Marquardt damp it, with the loss's own discrepancy generalized Gauss–Newton, by conjugate gradients
 * "Hessian-free" (Martens 2010).
 *
 * @throws `UserError` for a negative λ, iterations that are no positive whole number, or an output without a likelihood.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fit, gaussian, linear, naturalGradient, rows } from "@amortized/apo";
 *
 * const problem = { model: linear(1, 1), output: gaussian() };
 * const data = { train: rows({ inputs: [[0], [1], [2]], targets: [[1], [3], [5]] }) };
 * const optimizer = naturalGradient({ problem, lambdaWsd: 1e-4 });
 * for await (const event of fit({ problem, optimizer, data, steps: 2 })) { // least squares: one step would do
 *   if (event.kind === "finished") assert(event.train.loss < 1e-6);
 * }
 * ```
 */
export function naturalGradient(options: SecondOrderOptions): Optimizer<Guarded<SecondOrderState>> {
  return secondOrder(options, gaussNewton, ({ metaBatch }) => metaBatch());
}

/**
 * Damped Newton: the same with the loss's {@linkcode hessian} on B in the place of G. It goes to the nearest stationary point,
 * which may be a saddle or a maximum: for toy problems.
 *
 * @throws `UserError` as {@linkcode naturalGradient}.
 */
export function dampedNewton(options: Omit<SecondOrderOptions, "lambdaFsd">): Optimizer<Guarded<SecondOrderState>> {
  return secondOrder(options, hessian, ({ batch }) => batch);
}

function secondOrder(
  options: SecondOrderOptions,
  curvature: Curvature,
  batchOf: (batches: Batches) => Batch,
): Optimizer<Guarded<SecondOrderState>> {
  const { problem, lambdaFsd = 1, lambdaWsd = 0.01, learningRate = 1, iterations } = options;
  for (const [name, value] of Object.entries({ lambdaFsd, lambdaWsd })) nonNegative(name, value);
  checkScheduled("learningRate", learningRate);
  if (iterations !== undefined) positiveWhole("iterations", iterations);
  return defineOptimizer<SecondOrderState>({
    problem,
    init: () => ({ step: tf.scalar(0) }),
    advance: ({ params, buffers, state }, batches, at) => {
      const first = gradientStep(problem, { params, buffers, state }, batches.batch, at);
      const product = curvature({ problem, params, buffers, batch: batchOf(batches), mode: first.mode });
      const damped = (v: Tensors): Tensors => {
        const curved = product(v);
        return mapTensors(v, (x, name) => tf.add(tf.mul(curved[name], lambdaFsd), tf.mul(x, lambdaWsd)));
      };
      const update = iterations
        ? conjugateGradients(damped, first.gradient, iterations)
        : solved(damped, first.gradient);
      const rate = valueAt(learningRate, state.step);
      return {
        carry: {
          params: mapTensors(params, (x, name) => tf.sub(x, tf.mul(update[name], rate))),
          buffers: first.buffers,
          state: { step: tf.add(state.step, 1) },
        },
        metrics: { loss: first.loss, learningRate: rate },
      };
    },
  });
}

/** M⁻¹ b by M's eigenvectors, also where M is not positive definite. */
function solved(product: (v: Tensors) => Tensors, b: Tensors): Tensors {
  const m = denseMatrix(product, b), symmetric = tf.mul(tf.add(m, tf.transpose(m)), 0.5);
  const basis: Tensor = tf.squeeze(eigenvectors(tf.expandDims(symmetric)), [0]);
  const values = tf.sum(tf.mul(basis, tf.matMul(symmetric, basis)), 0, true);
  const inBasis = tf.matMul(tf.expandDims(flat(b)), basis);
  return unflat(tf.matMul(tf.div(inBasis, values), basis, false, true), b);
}
