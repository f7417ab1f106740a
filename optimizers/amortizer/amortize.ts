/**
 * Amortized proximal optimization: learns the parameters φ of an update rule while training with it.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { inPart } from "../../runtime/precision/scope.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { cloneTree, disposeTree, mapTensors } from "../../runtime/tree.ts";
import { branchOf, stepOf } from "../branches.ts";
import { gradientStep } from "../gradient_step.ts";
import { type AmortizeOptions, completed } from "./amortize_options.ts";
import { type Learner, metaStep, newLearner } from "./meta_step.ts";
import { searchedScale } from "./start_up.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import { stepped } from "../parameterizations/stepped.ts";
import { valueAt } from "../schedules.ts";
import { decayOf } from "../weight_decay.ts";

/** The state of {@linkcode amortize}. */
export type AmortizedState<S extends Tree> = {
  /** The direction's. */
  readonly direction: S;
  /** φ and what learns it. */
  readonly learner: Learner;
  /** Steps done. */
  readonly step: Tensor;
};

/**
 * APO. Each step:
 * 1. g = ∇J_B(θ); the direction's state advances once and gives d;
 * 2. every K steps, one meta step on ∇_φ Q with θ, g, d constant;
 * 3. θ ← θ − s P_φ d with the new φ, the same d, and s = 1 or the regime's factor.
 *
 * Reference: Bae, Vicol, HaoChen, Grosse, "Amortized Proximal Optimization", NeurIPS 2022, algorithm 1. The start-up search, the
 * early meta steps and the normalized meta-optimizer are ours; `meta: paperRule(), regime: paper({ lambdaFsd })` is the paper's own
 * method, and `recommended` what `deno task train` does.
 *
 * @throws `UserError` for a part that lacks a member, a negative λ or decay, a bound that is not positive, a meta-optimizer that
 * does not fit the parameterization, and `lossOn: "metaBatch"` with a regime that compares the batches.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { amortize, momentum, scalarRate } from "@amortized/apo/optimizers";
 * import { softmax } from "@amortized/apo/proximal";
 * import { mlp } from "@amortized/apo/models";
 *
 * const problem = { model: mlp([784, 256, 10]), output: softmax() };
 * const optimizer = amortize({ problem, direction: momentum(), parameterization: scalarRate() });
 * assert(optimizer.prepare); // the start-up search
 * ```
 */
export function amortize<S extends Tree>(options: AmortizeOptions<S>): Optimizer<Guarded<AmortizedState<S>>> {
  const whole = completed(options), { problem, direction: base, parameterization, regime, meta, objective } = whole;
  const { weightDecay, decays } = whole;
  const { optimizer, every, early, steps, search } = meta, { lambdaWsd, lossOn, blockWeights } = objective;
  const { bound } = regime, isBounded = bound !== undefined && parameterization.logRates;
  const settingAt = (step: Tensor, state: Tree) => ({
    problem,
    parameterization,
    lambdas: {
      lambdaFsd: regime.lambdaFsd(state, step, base.momentum ?? 0),
      lambdaWsd: typeof lambdaWsd === "number" ? lambdaWsd : valueAt(lambdaWsd, step),
      blockWeights,
    },
  });
  /** φ of every carry is below the bound, so that lookaheads, and what a regime observes in them, are of steps that may be made. */
  const bounded = (phi: Tensors): Tensors =>
    isBounded ? mapTensors(phi, (logRate) => tf.minimum(logRate, Math.log(bound))) : phi;
  /** φ of the step that is made. */
  const scheduledPhi = ({ phi, regime: state }: Learner, step: Tensor): Tensors =>
    regime.factor ? parameterization.scale(phi, regime.factor(state, step, base.momentum ?? 0)) : phi;
  const decay = decayOf({ weightDecay, decays }, problem.model.leaves);
  const decaying = (params: Tensors): Tensors => mapTensors(params, (x, name) => decay(name) > 0 ? x : tf.zerosLike(x));
  const learnt = parameterization.logRates ? "meta" : "factors";
  const kindOf = (step: number) => step < early ? "early meta" : step % every === 0 ? "meta" : "plain";
  return defineOptimizer<AmortizedState<S>>({
    problem,
    branch: branchOf({ branch: kindOf }, base, optimizer),
    init: (params) => {
      const phi = bounded(parameterization.init(params, problem.model.leaves));
      return {
        direction: base.init(params),
        learner: newLearner(phi, optimizer, regime),
        step: tf.scalar(0),
      };
    },
    ...search && {
      prepare: async (carry, batches, at) => {
        const setting = (step: Tensor) => settingAt(step, carry.state.learner.regime);
        const scale = await searchedScale(setting, base, carry, batches, at);
        return tf.tidy(() => {
          const { learner, ...rest } = carry.state;
          const phi = bounded(parameterization.scale(learner.phi, tf.scalar(scale)));
          return cloneTree({ ...rest, learner: { ...learner, phi } });
        });
      },
    },
    advance: (carry, batches, at) => {
      const { loss, gradient, buffers, mode } = gradientStep(problem, carry, batches.batch, at);
      const { direction, state } = base.next(gradient, carry.state.direction, carry.params, at);
      let learner = carry.state.learner;
      const kind = kindOf(stepOf(at, kindOf));
      if (kind !== "plain") {
        const metaBatch = batches.metaBatch(), lossBatch = lossOn === "batch" ? batches.batch : metaBatch;
        const point = { params: carry.params, buffers: carry.buffers, direction, batch: lossBatch, metaBatch, mode };
        const step = {
          setting: settingAt(carry.state.step, learner.regime),
          regime,
          point,
          gradient,
          loss,
          step: carry.state.step,
          at,
          early: kind === "early meta",
        };
        for (let i = 0; i < steps; i++) {
          const before = learner;
          const moved = inPart(learnt, () => metaStep(optimizer, before, { ...step, repeated: i > 0 }));
          learner = { ...moved, phi: bounded(moved.phi) };
        }
      }
      const phi = scheduledPhi(learner, carry.state.step);
      const next = stepped(parameterization, phi, carry.params, direction);
      const lost = weightDecay === 0 ? undefined : parameterization.precondition(phi, decaying(carry.params));
      const params = lost ? mapTensors(next, (x, name) => tf.sub(x, tf.mul(lost[name], weightDecay))) : next;
      const after: AmortizedState<S> = { direction: state, learner, step: tf.add(carry.state.step, 1) };
      return {
        carry: { params, buffers, state: after },
        metrics: { loss, ...learner.report, ...regime.report?.(learner.regime) },
      };
    },
    learned: async ({ state }) => {
      const used = tf.tidy(() => cloneTree(scheduledPhi(state.learner, tf.maximum(tf.sub(state.step, 1), 0))));
      try {
        return await parameterization.describe(used);
      } finally {
        disposeTree(used);
      }
    },
  });
}
