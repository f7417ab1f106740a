/**
 * The proximal point step itself, solved by an inner optimizer: what APO amortizes, and what the others approximate.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { allFinite } from "../../runtime/all_finite.ts";
import { nonNegative, oneOf, positive, positiveWhole } from "../../runtime/errors.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { cloneTree, disposeTree, flatten, mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "../directions/direction.ts";
import { momentum } from "../directions/momentum.ts";
import { type GradientStep, gradientStep } from "../gradient_step.ts";
import { type Batches, type Carry, defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import type { Curvature } from "../curvature/curvature.ts";

/** Options of {@linkcode proximalPoint}. */
export interface ProximalPointOptions {
  /** What is minimized. */
  readonly problem: Problem;
  /** λ_FSD. Default: 1. */
  readonly lambdaFsd?: number;
  /** λ_WSD. Default: 0.01. */
  readonly lambdaWsd?: number;
  /** The loss: itself, its first-order model at θ, or the second-order one with this curvature. Default: the term itself. */
  readonly loss?: "exact" | "linear" | Curvature;
  /** The function-space discrepancy: itself, none, or its second-order model with this curvature. Default: the term itself. */
  readonly discrepancy?: "exact" | "none" | Curvature;
  /** What minimizes, from u = θ. Default: heavy-ball momentum. */
  readonly inner?: Direction<Tree>;
  /** Its rate. Default: 0.01. */
  readonly innerRate?: number;
  /** Its steps. Default: 20. */
  readonly innerSteps?: number;
}

/**
 * `$\theta^+ = \arg\min_u J_B(u) + \lambda_{FSD}\,\mathrm{FSD}_{B'}(u, \theta) + \lambda_{WSD}\,\tfrac12\|u-\theta\|^2$`, or the minimum of
 * what an optimizer puts in the place of the loss and the discrepancy, by so many steps of an inner optimizer. With enough of
 * them it is the row of the table of docs/theory.md that the choices name: `loss: "linear"` with `discrepancy: gaussNewton` is
 * natural gradient, with `"none"` gradient descent at the rate 1/λ_WSD.
 *
 * Reference: Bae et al. 2022, section 2; the proximal point method is Rockafellar's (1976), stochastic e.g. Asi & Duchi 2019.
 *
 * @throws `UserError` for a negative λ, a rate that is not positive, or steps that are no positive whole number.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fit, gaussian, proximalPoint, rosenbrockModel } from "@amortized/apo";
 * import { rosenbrock } from "@amortized/apo/tasks";
 *
 * const problem = { model: rosenbrockModel(), output: gaussian() };
 * const optimizer = proximalPoint({ problem, lambdaFsd: 0, lambdaWsd: 1, innerRate: 5e-4, innerSteps: 50 });
 * for await (const event of fit({ problem, optimizer, data: await rosenbrock.load(), steps: 20 })) {
 *   if (event.kind === "finished") assert(event.train.loss < 0.5); // from 4
 * }
 * ```
 */
export function proximalPoint(options: ProximalPointOptions): Optimizer<Guarded<Record<never, never>>> {
  const { problem, lambdaFsd = 1, lambdaWsd = 0.01, loss = "exact", discrepancy = "exact" } = options;
  const { inner = momentum() as Direction, innerRate = 0.01, innerSteps = 20 } = options;
  for (const [name, value] of Object.entries({ lambdaFsd, lambdaWsd })) nonNegative(name, value);
  if (typeof loss !== "function") oneOf("loss", loss, ["exact", "linear"]);
  if (typeof discrepancy !== "function") oneOf("discrepancy", discrepancy, ["exact", "none"]);
  positive("innerRate", innerRate);
  positiveWhole("innerSteps", innerSteps);

  /** ∇_u of the objective. */
  const slopeAt = (carry: Carry, first: GradientStep, { batch, metaBatch }: Batches): (u: Tensors) => Tensors => {
    const { params, buffers } = carry, { mode, gradient } = first;
    const outputs = (u: Tensors, on: Batch) => problem.model.apply(u, buffers, on.inputs, mode).outputs;
    const exact = (f: (u: Tensors) => Tensor) => (u: Tensors): Tensors =>
      valueAndGradients((at) => ({ value: f(at), auxiliary: {} }), u).gradients;
    const moved = (u: Tensors): Tensors => mapTensors(u, (x, name) => tf.sub(x, params[name]));
    const curved = (curvature: Curvature, on: Batch) => {
      const product = curvature({ problem, params, buffers, batch: on, mode });
      return (u: Tensors) => product(moved(u));
    };
    const times = (lambda: number, term: (u: Tensors) => Tensors) => (u: Tensors): Tensors =>
      mapTensors(term(u), (x) => tf.mul(x, lambda));

    const terms = [times(lambdaWsd, moved)];
    if (loss === "exact") {
      terms.push(exact((u) => problem.output.loss(outputs(u, batch), batch.targets, batch.weights)));
    } else terms.push(() => gradient);
    if (typeof loss === "function") terms.push(curved(loss, batch));
    if (discrepancy !== "none" && lambdaFsd > 0) {
      const on = metaBatch();
      if (discrepancy === "exact") {
        const reference = outputs(params, on);
        terms.push(times(lambdaFsd, exact((u) => problem.output.discrepancy(outputs(u, on), reference, on.weights))));
      } else terms.push(times(lambdaFsd, curved(discrepancy, on)));
    }
    return (u) => {
      const slopes = terms.map((term) => term(u));
      return mapTensors(u, (_, name) => tf.addN(slopes.map((slope) => slope[name])));
    };
  };

  return defineOptimizer<Record<never, never>>({
    problem,
    init: () => ({}),
    advance: (carry, batches, at) => {
      const first = gradientStep(problem, carry, batches.batch, at);
      const slope = slopeAt(carry, first, batches);
      let u = carry.params, state = inner.init(u);
      for (let i = 0; i < innerSteps; i++) {
        const clock = { step: i, seed: at.seed };
        const after = tf.tidy(() => {
          const next = inner.next(slope(u), state, u, clock);
          const moved = mapTensors(u, (x, name) => tf.sub(x, tf.mul(next.direction[name], innerRate)));
          return cloneTree({ u: moved, state: next.state });
        });
        if (i > 0) disposeTree({ u, state }); // the first are the carry's
        ({ u, state } = after);
      }
      // the inner state is not in the carry: where squares have overflowed in it, directions are 0 and u would pass for a result
      const sound = tf.where(allFinite(flatten(state)), tf.scalar(0), tf.scalar(NaN));
      const params = mapTensors(u, (x) => tf.add(x, sound));
      return { carry: { params, buffers: first.buffers, state: {} }, metrics: { loss: first.loss } };
    },
  });
}
