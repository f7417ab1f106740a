/**
 * Amortized proximal optimization: learns the parameters φ of an update rule while training with it.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { nonNegative, oneOf, positive, UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { cloneTree, disposeTree, mapTensors } from "../../runtime/tree.ts";
import { branchOf, stepOf } from "../branches.ts";
import { checkScheduled } from "../check_scheduled.ts";
import type { Direction } from "../directions/direction.ts";
import { gradientStep } from "../gradient_step.ts";
import { metaDefaults, type MetaOptions } from "./defaults.ts";
import { type Learner, metaStep, newLearner } from "./meta_step.ts";
import { type Caution, cautionAgainst, checkCaution } from "./caution.ts";
import { asFarAsNoise } from "./decay_by_noise.ts";
import type { Noise } from "./noise.ts";
import { searchedScale } from "./start_up.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { stepped } from "../parameterizations/stepped.ts";
import { type Scheduled, valueAt } from "../schedules.ts";
import { decayOf, type WeightDecay } from "../weight_decay.ts";

/**
 * Options of {@linkcode amortize}. Weight decay acts in the metric of P (ours): θ ← θ − s P (d + weightDecay θ) with s of `schedule`,
 * which for a learning rate is AdamW's. Only P d is part of the lookahead.
 */
export interface AmortizeOptions<S extends Tree> extends WeightDecay {
  /** What is minimized. */
  readonly problem: Problem;
  /** The base optimizer's direction d. */
  readonly direction: Direction<S>;
  /** P_φ. */
  readonly parameterization: Parameterization;
  /** The proximal objective. */
  readonly objective?: {
    /** λ_FSD; unless given 0.15/(1 − β₁), β₁ being the direction's momentum, or what the direction says. */
    readonly lambdaFsd?: Scheduled;
    /**
     * How λ_FSD grows with the noise that meta steps measure on B and B′ (ours); where neither it nor λ_FSD is given, as the direction
     * says.
     */
    readonly caution?: Caution;
    /** λ_WSD; 0 unless given. */
    readonly lambdaWsd?: Scheduled;
    /** Of the WSD, by parameter name; 1 unless given. */
    readonly blockWeights?: Readonly<Record<string, number>>;
    /** Where the loss term is measured: on B, as in the paper and by default, or on the independent B′. */
    readonly lossOn?: "batch" | "metaBatch";
  };
  /**
   * A factor of every step, such as a decay to 0 over the run (ours): 1 unless given. The lookahead does not see it, so that φ is
   * learned as if it were 1, and a learned rate decays as a tuned one would.
   */
  readonly schedule?: Scheduled;
  /**
   * Another such factor f, a decay, that acts only as far as gradients are noise (ours): as 1 − w(1 − f) with the noise
   * level w = (1 − s²)⁴, or what the direction says, s being the share of the progress on B that meta steps find on B′, too. 1
   * unless given.
   */
  readonly decayByNoise?: Scheduled;
  /** How φ is learned. The size of B′ is that of the batch which `metaBatch()` makes: `metaBatchSize` of `fit`. */
  readonly meta?: MetaOptions;
}

/** The state of {@linkcode amortize}. */
export type AmortizedState<S extends Tree> = {
  /** The direction's. */
  readonly direction: S;
  /** φ and what learns it. */
  readonly learner: Learner;
  /** Steps done. */
  readonly step: Tensor;
};

/** λ_FSD unless given: 0.15/(1 − β₁), because momentum makes steps 1/(1 − β₁) as long, or the direction's own. Ours. */
export function defaultLambdaFsd({ momentum = 0, discrepancy }: Direction): number {
  return discrepancy?.lambdaFsd ?? 0.15 / (1 - momentum);
}

/**
 * APO. Each step:
 * 1. g = ∇J_B(θ); the direction's state advances once and gives d;
 * 2. every K steps, one meta step on ∇_φ Q with θ, g, d constant;
 * 3. θ ← θ − s P_φ d with the new φ, the same d, and s = 1 or what `schedule` says.
 *
 * Reference: Bae, Vicol, HaoChen, Grosse, "Amortized Proximal Optimization", NeurIPS 2022, algorithm 1. The start-up search, the
 * early meta steps and the normalized meta-optimizer are ours; `meta: paperRule()` is the paper's own rule.
 *
 * @throws `UserError` for a negative λ, decay or schedule, a caution, a noise level or a largest rate that cannot be, and a
 * meta-optimizer that does not fit the parameterization.
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
  const {
    problem,
    direction: base,
    parameterization,
    objective = {},
    schedule,
    decayByNoise,
    weightDecay = 0,
    decays,
  } = options;
  const { optimizer, every, early, steps, search } = metaDefaults(parameterization, options.meta);
  const { lambdaFsd = defaultLambdaFsd(base), lambdaWsd = 0, lossOn = "batch", blockWeights } = objective;
  const { largestRate } = base, isBounded = largestRate !== undefined && parameterization.logRates;
  const { caution = objective.lambdaFsd === undefined ? base.discrepancy?.caution : undefined } = objective;
  const decayed = asFarAsNoise(base.noiseLevel);
  const measuresNoise = decayByNoise !== undefined || caution !== undefined;
  for (
    const [argument, value] of Object.entries({ lambdaFsd, lambdaWsd, schedule, decayByNoise })
  ) {
    if (value !== undefined) checkScheduled(argument, value);
  }
  nonNegative("weightDecay", weightDecay);
  oneOf("objective.lossOn", lossOn, ["batch", "metaBatch"]);
  for (const [name, weight] of Object.entries(blockWeights ?? {})) {
    nonNegative(`objective.blockWeights["${name}"]`, weight);
    if (name in problem.model.leaves) continue;
    throw new UserError(
      `objective.blockWeights names "${name}", which the model does not have; give names of its parameters, such as ` +
        Object.keys(problem.model.leaves).slice(0, 2).map((known) => `"${known}"`).join(" and "),
    );
  }
  if (optimizer.needsLogRates && !parameterization.logRates) {
    throw new UserError(
      "meta.optimizer: normalized() moves log-rates (scalarRate, perBlockRates); give additive(adam(), { rate: 0.001 })",
    );
  }
  if (largestRate !== undefined) positive("direction.largestRate", largestRate);
  if (caution) checkCaution("objective.caution", caution);
  if (measuresNoise && lossOn === "metaBatch") {
    throw new UserError(
      'amortize: decayByNoise and caution compare J on B and on B′, which objective.lossOn = "metaBatch" does not allow; leave one ' +
        "of them out, and where the caution is the direction's (Muon's), give objective.lambdaFsd",
    );
  }
  const scheduled = (lambda: Scheduled, step: Tensor) => typeof lambda === "number" ? lambda : valueAt(lambda, step);
  const settingAt = (step: Tensor, noise?: Noise) => {
    const usual = scheduled(lambdaFsd, step);
    const own = noise && caution ? tf.mul(usual, cautionAgainst(noise, caution)) : usual;
    return {
      problem,
      parameterization,
      lambdas: { lambdaFsd: own, lambdaWsd: scheduled(lambdaWsd, step), blockWeights },
    };
  };
  /** φ of every carry is below the bound, so that lookaheads, and the noise that they measure, are of steps that may be made. */
  const bounded = (phi: Tensors): Tensors =>
    isBounded ? mapTensors(phi, (logRate) => tf.minimum(logRate, Math.log(largestRate))) : phi;
  /** φ of the step that is made. */
  const scheduledPhi = ({ phi, noise }: Learner, step: Tensor): Tensors => {
    const factors = [
      ...schedule === undefined ? [] : [valueAt(schedule, step)],
      ...decayByNoise === undefined ? [] : [decayed(noise!, valueAt(decayByNoise, step))],
    ];
    return factors.length === 0 ? phi : parameterization.scale(phi, factors.reduce((a, b) => tf.mul(a, b)));
  };
  const decay = decayOf({ weightDecay, decays }, problem.model.leaves);
  const decaying = (params: Tensors): Tensors => mapTensors(params, (x, name) => decay(name) > 0 ? x : tf.zerosLike(x));
  const kindOf = (step: number) => step < early ? "early meta" : step % every === 0 ? "meta" : "plain";
  return defineOptimizer<AmortizedState<S>>({
    branch: branchOf({ branch: kindOf }, base, optimizer),
    init: (params) => {
      const phi = bounded(parameterization.init(params, problem.model.leaves));
      return {
        direction: base.init(params),
        learner: newLearner(phi, optimizer, { measuresNoise }),
        step: tf.scalar(0),
      };
    },
    ...search && {
      prepare: async (carry, batches, at) => {
        const scale = await searchedScale(settingAt, base, carry, batches, at);
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
          setting: settingAt(carry.state.step, learner.noise),
          point,
          gradient,
          loss,
          step: carry.state.step,
          at,
          early: kind === "early meta",
        };
        for (let i = 0; i < steps; i++) {
          const moved = metaStep(optimizer, learner, { ...step, repeated: i > 0 });
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
        metrics: { loss, ...learner.report, ...learner.noise && { carriedOver: learner.noise.carriedOver } },
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
