/**
 * KFAC: natural gradient with Kronecker-factored curvature.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { trainingMode } from "../../models/mode.ts";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { decayRate, oneOf, positive, positiveWhole, UserError } from "../../runtime/errors.ts";
import { inPart } from "../../runtime/precision/scope.ts";
import { select } from "../../runtime/select.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { twoSided } from "../../runtime/two_sided.ts";
import { drawsOf } from "../../runtime/chance.ts";
import { chanceAt, stepOf } from "../branches.ts";
import { type GradientStep, gradientStep } from "../gradient_step.ts";
import { movingAverage } from "../moving_average.ts";
import { type Carry, defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import type { StepClock } from "../step_clock.ts";
import { checkScheduled } from "../check_scheduled.ts";
import { type Scheduled, valueAt } from "../schedules.ts";
import { trustedStep } from "../trusted_step.ts";
import { dampedInverses, type KroneckerPairs } from "./damped_factors.ts";
import { kroneckerFactors } from "./kronecker_factors.ts";
import { type LayerPass, layerPass } from "./layer_pass.ts";
import { factorShapes, matrixOf, parametersOf, weightMatrices, type WeightMatrix } from "./weight_matrices.ts";

/** Options of {@linkcode kfac}. */
export interface KfacOptions {
  /** What is minimized. Each kernel of its model belongs to a linear map whose uses are reported, as modules do by `pass.use`. */
  readonly problem: Problem;
  /** η: a factor of every step; the trust region makes it smaller. Default: 1. */
  readonly learningRate?: Scheduled;
  /** κ: νU, before the heavy ball, moves the outputs no further than that (times η²), by the factored Fisher matrix. Default: 0.001. */
  readonly trustRegion?: number;
  /** λ. Default: 0.1; split between A and B by π = √((tr A/n)/(tr B/m)). */
  readonly damping?: number;
  /** Of the heavy ball on the preconditioned steps. Default: 0.9. */
  readonly momentum?: number;
  /** Of the factors. Default: 0.95. */
  readonly factorDecay?: number;
  /** Steps between statistics. Default: 10. */
  readonly statisticsEvery?: number;
  /** Steps between inverses. Default: 20. */
  readonly inverseEvery?: number;
  /** With targets drawn from the model (the true Fisher matrix, the default) or with the data's (one pass cheaper). */
  readonly fisher?: "sampled" | "empirical";
}

/** The state of {@linkcode kfac}. */
export type KfacState = {
  /** Running averages. */
  readonly factors: KroneckerPairs;
  /** What the averages' weights add up to. */
  readonly weight: Tensor;
  /** Of the damped factors. */
  readonly inverses: KroneckerPairs;
  /** How often a damped factor was not positive definite in float32; the inverses before it then stay. */
  readonly failures: Tensor;
  /** The heavy ball. */
  readonly velocity: Tensors;
  /** Steps done. */
  readonly step: Tensor;
};

/**
 * `$U = (A + \pi\sqrt\lambda I)^{-1}\,\nabla_W J\,(B + \tfrac{\sqrt\lambda}{\pi} I)^{-1}$` by linear map, with
 * `$\nu = \eta\,\min(1, \sqrt{\kappa/\langle\nabla J, U\rangle})$`, `$v \leftarrow \beta v + \nu U$`,
 * `$\theta \leftarrow \theta - v$` (Martens & Grosse 2015, arXiv 1503.05671; convolutions Grosse & Martens 2016; the trust region
 * Ba et al. 2017). Parameters of no linear map have the damping alone: U = g/λ. The factor of a side that is
 * {@linkcode oversized}, such as a vocabulary's, is diagonal. Inverses are Cholesky's, in float32 but for blocks of up to 48 on the
 * host.
 *
 * @throws `UserError` for options that cannot be, or for sampled targets with an output without a likelihood.
 *
 * @example
 * ```ts
 * import { kfac } from "@amortized/apo/optimizers";
 * import { softmax } from "@amortized/apo/proximal";
 * import { mlp } from "@amortized/apo/models";
 *
 * kfac({ problem: { model: mlp([784, 256, 10]), output: softmax() }, damping: 0.03 });
 * ```
 */
export function kfac(options: KfacOptions): Optimizer<Guarded<KfacState>> {
  const { problem, learningRate = 1, trustRegion = 0.001, damping = 0.1, momentum = 0.9, factorDecay = 0.95 } = options;
  const { statisticsEvery = 10, inverseEvery = 20, fisher = "sampled" } = options;
  checkScheduled("learningRate", learningRate);
  for (const [name, value] of Object.entries({ trustRegion, damping })) positive(name, value);
  for (const [name, value] of Object.entries({ momentum, factorDecay })) decayRate(name, value);
  for (const [name, value] of Object.entries({ statisticsEvery, inverseEvery })) positiveWhole(name, value);
  oneOf("fisher", fisher, ["sampled", "empirical"]);
  const { likelihood } = problem.output;
  if (fisher === "sampled" && !likelihood) {
    throw new UserError(
      'kfac: fisher is "sampled", which needs problem.output.likelihood; give softmax(), bernoulli() or gaussian(), which ' +
        'have it, or fisher: "empirical"',
    );
  }
  const maps = weightMatrices(problem.model);
  const undeclared = maps.find(({ declared }) => !declared);
  if (undeclared) {
    throw new UserError(
      `kfac: the kernel "${undeclared.kernel}" belongs to no linear map; declare it in the model's maps, or use modules, which do`,
    );
  }
  const isStatistic = (step: number) => step % statisticsEvery === 0,
    isInverse = (step: number) => step % inverseEvery === 0;
  const branch = (step: number) =>
    [isStatistic(step) ? "statistics" : "plain", ...isInverse(step) ? ["inverses"] : []].join(" and ");
  const byMap = (f: (map: WeightMatrix) => Tensor): Tensors =>
    Object.fromEntries(maps.map((map) => [map.name, f(map)]));

  /** The gradient, and every `statisticsEvery` steps what the factors are made of. */
  const passes = (
    carry: Carry<KfacState>,
    batch: Batch,
    at: StepClock,
  ): LayerPass | GradientStep => {
    if (!isStatistic(stepOf(at, branch))) return gradientStep(problem, carry, batch, at);
    const mode = trainingMode(chanceAt(at)), { params, buffers } = carry;
    const draw = (outputs: Tensor) => likelihood!.sample(outputs, drawsOf(chanceAt(at), "fisher"));
    const own = fisher === "empirical" ? undefined : { loss: likelihood!.loss, draw };
    return layerPass(problem, params, buffers, batch, mode, own);
  };
  const averaged = (state: KfacState, { uses, unused, outputs }: LayerPass, weights?: Tensor): KfacState => {
    const now = new Map(maps.flatMap((map) => {
      if (map.name in uses) return [[map.name, kroneckerFactors(map, uses[map.name], outputs.shape[0], weights)]];
      if (unused.includes(map.kernel)) return []; // off in this batch: its block of the Fisher matrix is 0
      throw new UserError(`kfac: no use of the linear map "${map.name}" is reported; report each by pass.use(map, …)`);
    }));
    const average = (side: "A" | "B") =>
      mapTensors(state.factors[side], (old, map) => movingAverage(old, now.get(map)?.[side] ?? 0, factorDecay));
    return {
      ...state,
      factors: { A: average("A"), B: average("B") },
      weight: movingAverage(state.weight, 1, factorDecay),
    };
  };

  return defineOptimizer<KfacState>({
    problem,
    branch,
    init: (params) => {
      const side = (i: 0 | 1, scale: number) =>
        byMap((map) => {
          const shape = factorShapes(map)[i], [n] = shape;
          return tf.mul(shape.length === 1 ? tf.ones([n]) : tf.eye(n), scale);
        });
      return {
        factors: { A: side(0, 0), B: side(1, 0) },
        weight: tf.scalar(0),
        inverses: { A: side(0, 1), B: side(1, 1) },
        failures: tf.scalar(0),
        velocity: mapTensors(params, (x) => tf.zerosLike(x)),
        step: tf.scalar(0),
      };
    },
    advance: (carry, { batch }, at) => {
      const pass = passes(carry, batch, at), { loss, gradient, buffers } = pass;
      let state = "uses" in pass ? inPart("factors", () => averaged(carry.state, pass, batch.weights)) : carry.state;
      if (isInverse(stepOf(at, branch))) state = inverted(state, damping);
      const update = preconditioned(maps, gradient, state.inverses, damping);
      const { params, velocity, rate } = trustedStep({
        ...{ params: carry.params, gradient, update, velocity: state.velocity },
        ...{ learningRate: valueAt(learningRate, state.step), trustRegion, momentum },
      });
      return {
        carry: { params, buffers, state: { ...state, velocity, step: tf.add(state.step, 1) } },
        metrics: { loss, learningRate: rate, inverseFailures: state.failures },
      };
    },
  });
}

/** The inverses of the damped factors, all of them or, where one is not finite, those before. */
function inverted(state: KfacState, damping: number): KfacState {
  const { inverses, finite } = dampedInverses(state.factors, state.weight, damping);
  const failures: Tensor = tf.add(state.failures, tf.cast(tf.logicalNot(finite), "float32"));
  return { ...state, inverses: select<KroneckerPairs>(finite, inverses, state.inverses), failures };
}

/** A⁻¹ G B⁻¹ for each linear map, its separate bias as the last row of G; g/λ for what is of no map. */
function preconditioned(maps: WeightMatrix[], gradient: Tensors, inverses: KroneckerPairs, damping: number): Tensors {
  const ofMaps = maps.map((map) =>
    parametersOf(map, twoSided(inverses.A[map.name], matrixOf(map, gradient), inverses.B[map.name]))
  );
  return Object.assign({}, mapTensors(gradient, (g) => tf.div(g, damping)), ...ofMaps);
}
