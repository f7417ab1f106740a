/**
 * Schedule-free learning: averaging in the place of a learning rate schedule.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { decayRate, nonNegative, positive } from "../../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "../directions/direction.ts";
import { gradient } from "../directions/gradient.ts";
import { gradientStep } from "../gradient_step.ts";
import { movingAverage } from "../moving_average.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import { warmUp } from "../schedules.ts";
import { decayOf, type WeightDecay } from "../weight_decay.ts";

/** Options of {@linkcode scheduleFreeSgd}, and most of those of `scheduleFreeAdamw`. Weight decay w is z ← z − γ_t (u + w y), taken at y. */
export interface ScheduleFreeOptions extends WeightDecay {
  /** What is minimized. */
  readonly problem: Problem;
  /** γ. Default: 1, for AdamW 0.0025. A number, as schedules are not needed; the best is larger than with one. */
  readonly learningRate?: number;
  /** In so many steps γ_t rises in a line to γ. Default: 0, as in the official code. Networks usually train better with some. */
  readonly warmUpSteps?: number;
}

/** Options of {@linkcode scheduleFreeSgd}. */
export interface ScheduleFreeSgdOptions extends ScheduleFreeOptions {
  /** β: how far y lies from z towards x. Default: 0.9. 0 is averaged SGD (Polyak & Juditsky 1992). */
  readonly momentum?: number;
}

/** The state of the schedule-free optimizers; `params` of the carry are y. */
export type ScheduleFreeState<S extends Tree> = {
  /**
   * The average, which is evaluated. Stored, though x = (y − (1 − β) z)/β: what `evaluated` gives belongs to the carry; and
   * so y is made of x and z anew at each step, no rounding adds up, and β may be 0.
   */
  readonly x: Tensors;
  /** The fast sequence. */
  readonly z: Tensors;
  /** Of what makes u. */
  readonly base: S;
  /** Σ (γ_s/γ)² over the steps done. */
  readonly weights: Tensor;
  /** Steps done. */
  readonly step: Tensor;
};

/** Makes u of a gradient. */
export interface ScheduleFreeBase<S extends Tree> {
  /** As `Direction.init`. */
  init(params: Tensors): S;
  /** As `Direction.next`, with the factor by which γ_t differs from γ, where it does. */
  next: (...given: Parameters<Direction<S>["next"]>) => { direction: Tensors; state: S; factor?: Tensor };
}

/**
 * Schedule-free SGD. The gradient g is taken at y, the carry's `params`; what is evaluated is x:
 *
 * `$z_t = z_{t-1} - \gamma_t\,(g_t + w\,y_{t-1}),\; x_t = (1-c_t)\,x_{t-1} + c_t z_t,\; y_t = \beta x_t + (1-\beta)\,z_t,\;
 * c_t = \gamma_t^2 / \sum_{s \le t} \gamma_s^2$`
 *
 * from x₀ = y₀ = z₀ = θ. Reference: Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky, "The Road Less Scheduled", NeurIPS 2024,
 * arXiv 2405.15682, and its official code (`schedule_free`), whose defaults these are. Running statistics of the model are those
 * of passes at y; `fit` computes them anew for x.
 *
 * @throws `UserError` for a rate that is not positive, a negative decay or warm-up, and momentum outside [0, 1).
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fit, mlp, rows, scheduleFreeSgd, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
 * for await (const event of fit({ problem, optimizer: scheduleFreeSgd({ problem }), data, steps: 50 })) {
 *   if (event.kind === "finished") assert(event.train.loss < 0.1); // at x
 * }
 * ```
 */
export function scheduleFreeSgd(
  { momentum = 0.9, learningRate = 1, ...options }: ScheduleFreeSgdOptions,
): Optimizer<Guarded<ScheduleFreeState<Record<never, never>>>> {
  decayRate("momentum", momentum);
  return scheduleFree({ ...options, learningRate }, momentum, gradient());
}

/** What schedule-free optimizers have in common. */
export function scheduleFree<S extends Tree>(
  options: ScheduleFreeOptions & { readonly learningRate: number },
  interpolation: number,
  base: ScheduleFreeBase<S>,
): Optimizer<Guarded<ScheduleFreeState<S>>> {
  const { problem, learningRate, warmUpSteps = 0 } = options;
  positive("learningRate", learningRate);
  nonNegative("warmUpSteps", warmUpSteps);
  const decay = decayOf(options, problem.model.leaves);
  const rise = warmUp(warmUpSteps, 1);
  return defineOptimizer<ScheduleFreeState<S>>({
    problem,
    init: (params) => ({ x: params, z: params, base: base.init(params), weights: tf.scalar(0), step: tf.scalar(0) }),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const { direction, state, factor } = base.next(gradient, carry.state.base, carry.params, at);
      const relative = factor ? tf.mul(rise(carry.state.step), factor) : rise(carry.state.step); // γ_t/γ
      const rate = tf.mul(relative, learningRate);
      // The paper's weights are max(γ_1 … γ_t)²; here γ_t never falls. Relative to γ, so that any γ squared is in range.
      const weight: Tensor = tf.square(relative), weights: Tensor = tf.add(carry.state.weights, weight);
      const share = tf.div(weight, weights);
      const z = mapTensors(carry.state.z, (z, name) => {
        const d = direction[name];
        const decayed = decay(name) === 0 ? d : tf.add(d, tf.mul(carry.params[name], decay(name)));
        return tf.sub(z, tf.mul(decayed, rate));
      });
      const x = mapTensors(carry.state.x, (x, name) => tf.add(x, tf.mul(tf.sub(z[name], x), share)));
      const y = mapTensors(x, (x, name) => movingAverage(x, z[name], interpolation));
      const next = { x, z, base: state, weights, step: tf.add(carry.state.step, 1) as Tensor };
      return { carry: { params: y, buffers, state: next }, metrics: { loss, learningRate: rate } };
    },
    evaluated: ({ state, buffers }) => ({ params: state.x, buffers }),
  });
}
