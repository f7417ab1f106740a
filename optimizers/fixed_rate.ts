/**
 * Optimizers whose learning rate is given, fixed or by a schedule.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkProblem } from "../proximal/check_problem.ts";
import type { Problem } from "../proximal/problem.ts";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import type { Tensor, Tree } from "../runtime/tensor.ts";
import { mapTensors } from "../runtime/tree.ts";
import { checkedDirection } from "./check_part.ts";
import { checkScheduled } from "./check_scheduled.ts";
import type { Direction } from "./directions/direction.ts";
import { gradientStep } from "./gradient_step.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "./optimizer.ts";
import { rateStep } from "./rate_step.ts";
import { type Scheduled, valueAt } from "./schedules.ts";
import { decayOf, type WeightDecay } from "./weight_decay.ts";

/** Options of {@linkcode fixedRate}. Weight decay is θ ← θ − η (d + weightDecay θ), as in `AdamW`. */
export interface FixedRateOptions<S extends Tree> extends WeightDecay {
  /** What is minimized. */
  readonly problem: Problem;
  /** What a step is made of. */
  readonly direction: Direction<S>;
  /** η, constant or by the step. */
  readonly learningRate: Scheduled;
}

/** The state of {@linkcode fixedRate}. */
export type FixedRateState<S extends Tree> = {
  /** The direction's. */
  readonly direction: S;
  /** Steps done. */
  readonly step: Tensor;
};

const decayed = elementwise(({ x, direction, rate, kept }) => ({ x: x.mul(kept).sub(direction.mul(rate)) }));

/** θ ← θ − η d: the optimizers of `torch.optim`. @throws `UserError` for a part that lacks a member, and a negative rate or decay. */
export function fixedRate<S extends Tree>(
  options: FixedRateOptions<S>,
): Optimizer<Guarded<FixedRateState<S>>> {
  const { problem, learningRate, weightDecay = 0, decays } = options;
  checkProblem(problem);
  const base = checkedDirection("direction", options.direction);
  const decay = decayOf({ weightDecay, decays }, problem.model.leaves);
  checkScheduled("learningRate", learningRate);
  return defineOptimizer<FixedRateState<S>>({
    problem,
    ...base.branch && { branch: base.branch },
    init: (params) => ({ direction: base.init(params), step: tf.scalar(0) }),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const { direction, state } = base.next(gradient, carry.state.direction, carry.params, at);
      const rate = valueAt(learningRate, carry.state.step);
      const only = (wanted: (name: string) => boolean) =>
        Object.fromEntries(Object.entries(carry.params).filter(([name]) => wanted(name)));
      const moved = {
        ...rateStep({ x: only((name) => decay(name) === 0), direction, rate }).x,
        ...decayed({ x: only((name) => decay(name) > 0), direction, rate, kept: tf.sub(1, tf.mul(rate, weightDecay)) })
          .x,
      };
      const params = mapTensors(carry.params, (_, name) => moved[name]); // in the model's order
      const next = { direction: state, step: tf.add(carry.state.step, 1) as Tensor };
      return { carry: { params, buffers, state: next }, metrics: { loss, learningRate: rate } };
    },
  });
}
