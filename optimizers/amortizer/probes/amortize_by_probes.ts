/**
 * Amortized proximal optimization whose preconditioner learns from random probes.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { trainingMode } from "../../../models/mode.ts";
import type { Batch, Problem } from "../../../proximal/problem.ts";
import { allFinite } from "../../../runtime/all_finite.ts";
import { difference } from "../../../runtime/elementwise/difference.ts";
import { elementwise } from "../../../runtime/elementwise/elementwise.ts";
import { decayRate, positive, positiveWhole, UserError } from "../../../runtime/errors.ts";
import { valueAndGradients } from "../../../runtime/gradients.ts";
import { inPart } from "../../../runtime/precision/scope.ts";
import { select } from "../../../runtime/select.ts";
import type { Tensor, Tensors } from "../../../runtime/tensor.ts";
import { innerProduct, mapTensors } from "../../../runtime/tree.ts";
import { drawsOf } from "../../../runtime/chance.ts";
import { chanceAt, stepOf } from "../../branches.ts";
import { gradientStep } from "../../gradient_step.ts";
import { type Carry, defineOptimizer, type Guarded, type Optimizer } from "../../optimizer.ts";
import type { StepClock } from "../../step_clock.ts";
import { factorConditions } from "../../parameterizations/factor_conditions.ts";
import { checkScheduled } from "../../check_scheduled.ts";
import { type Scheduled, valueAt } from "../../schedules.ts";
import { trustedStep } from "../../trusted_step.ts";
import { PROBES } from "../../tuned.ts";
import { drawnGradient } from "./drawn_gradient.ts";
import { kroneckerRoot } from "./kronecker_root.ts";

/** Options of {@linkcode amortizeByProbes}. */
export interface ProbesOptions {
  /** What is minimized. */
  readonly problem: Problem;
  /** η: a factor of every step, for schedules. Default: 1. */
  readonly learningRate?: Scheduled;
  /** κ: a step νPg, before the heavy ball, has gᵀPg ν² ≤ η²κ; in the units of ρ. Default: 0.002. */
  readonly trustRegion?: number;
  /** λ_WSD over λ_FSD. Default: 0.03. */
  readonly damping?: number;
  /** β of the heavy ball on the preconditioned steps. Default: 0.9. */
  readonly momentum?: number;
  /** A and B larger than this are block-diagonal. Default: 112. */
  readonly blockSize?: number;
  /** K: steps between probes. Default: 10. */
  readonly every?: number;
  /** μ: how much of L one probe may change. Default: 0.2; below 1. */
  readonly metaRate?: number;
}

/** The state of {@linkcode amortizeByProbes}. */
export type ProbesState = {
  /** φ: the factors of L. */
  readonly phi: Tensors;
  /** Those of P = L Lᵀ. */
  readonly metric: Tensors;
  /** The heavy ball. */
  readonly velocity: Tensors;
  /** ν of the latest step. */
  readonly rate: Tensor;
  /** FSD of the latest probe. */
  readonly fsd: Tensor;
  /** How many probes so far met a value that was not finite. */
  readonly metaSkipped: Tensor;
  /** Steps done. */
  readonly step: Tensor;
};

/** The most that the FSD of a probe is once P is right, in the units of ρ: small enough for curvature, large enough for float32. */
const REACH = 0.1;

const away = elementwise(({ x, change, size }) => ({ x: x.sub(change.mul(size)) }));
const pulled = elementwise(({ slope, change, size, damping }) => ({ x: change.mul(damping).sub(slope.div(size)) }));

/**
 * Learns P = L Lᵀ, L = A ⊗ B for each layer, on the proximal objective from probes beside the gradients (ours; not the paper's). The
 * theorem holds for every distribution of the gradients g in Q(u) = ⟨g, u⟩ + FSD(u, θ) + λ_WSD ½‖u − θ‖² that has full rank; so
 * they are drawn, by z = Lᵀg = (s + Lᵀc)/√2. Random signs s say as much about every direction. c is a gradient of the loss on B with
 * targets that the model's outputs draw: where no P of this shape is right in all directions, it is right in those of gradients.
 * The lookahead is u = θ − Lz, and with r = z + Lᵀ∇_u(FSD + λ_WSD WSD), the meta-gradient relative to L is
 * `$-(r z^\top + z r^\top)$`: zero on average where `$L^\top (G + \lambda_{WSD} I) L = I$`, the theorem's P, as FSD is on B′, of which
 * z knows nothing. A probe costs one pass back on B, and on B′ one forward, and one forward and back. Nothing is inverted. An output
 * without a `likelihood` draws no targets: then z is s.
 *
 * The nearest prior art is PSGD (Li 2015, arXiv 1512.04202; Pooladzandi & Li 2024, arXiv 2402.04553). It too moves a factor of P
 * relative to itself, from pairs of a random perturbation and its response, to the same fixed point where the curvature H is positive
 * definite, `$L^\top (H + \lambda I) L = I$`. It differs in what is measured: the curvature of the loss (its Hessian) there, that of
 * the discrepancy here, by a lookahead on the proximal objective. docs/theory.md compares them.
 *
 * Then ν = η min(1, √(κ/gᵀPg)), v ← βv + νPg, θ ← θ − v, as in {@linkcode kfac}. Parameters of no linear map have a
 * diagonal P.
 *
 * @throws `UserError` for options that cannot be.
 *
 * @example
 * ```ts
 * import { amortizeByProbes, linearDecay } from "@amortized/apo/optimizers";
 * import { bernoulli } from "@amortized/apo/proximal";
 * import { autoencoder } from "@amortized/apo/models";
 *
 * const model = autoencoder([784, 200, 30]), problem = { model, output: bernoulli() };
 * amortizeByProbes({ problem, trustRegion: 0.02, learningRate: linearDecay({ initial: 1, steps: 1500 }) });
 * ```
 */
export function amortizeByProbes(options: ProbesOptions): Optimizer<Guarded<ProbesState>> {
  const { problem, learningRate = 1, momentum = 0.9, trustRegion = PROBES.trustRegion } = options;
  const { damping = PROBES.damping, every = PROBES.every } = options;
  const { metaRate = PROBES.metaRate, blockSize = PROBES.blockSize } = options;
  checkScheduled("learningRate", learningRate);
  for (const [name, value] of Object.entries({ trustRegion, damping, metaRate })) positive(name, value);
  if (metaRate >= 1) throw new UserError(`metaRate is ${metaRate}; give a number below 1, such as 0.1`);
  decayRate("momentum", momentum);
  for (const [name, value] of Object.entries({ blockSize, every })) positiveWhole(name, value);
  const { model, output: { discrepancy, likelihood } } = problem, root = kroneckerRoot(model, blockSize);
  const branch = (step: number) => step % every === 0 ? "probe" : "plain";

  /** L after one probe on B′, of signs and a gradient c. */
  function probed(carry: Carry<ProbesState>, batch: Batch, drawn: Tensors | undefined, at: StepClock): ProbesState {
    const { params, buffers, state } = carry, mode = trainingMode(chanceAt(at));
    const outputs = (theta: Tensors): Tensor => model.apply(theta, buffers, batch.inputs, mode).outputs;
    const signs = root.signs(chanceAt(at)), reference = tf.tidy(() => outputs(params));
    const z = drawn ? mixed(signs, root.whitened(state.phi, drawn)) : signs;
    const shift = root.unwhitened(state.phi, z), size = tf.sqrt(tf.div(2 * REACH, innerProduct(z, z)));
    const { value: fsd, gradients } = valueAndGradients(
      (u) => ({ value: discrepancy(outputs(u), reference, batch.weights), auxiliary: {} }),
      away({ x: params, change: shift, size }).x,
    );
    const pull = pulled({ slope: gradients, change: shift, size, damping: tf.scalar(damping) }).x; // (G + λ_WSD I) L z
    const pulledBack = difference({ a: root.whitened(state.phi, pull), b: z }).x;
    const phi = inPart("factors", () => root.moved(state.phi, z, pulledBack, metaRate));
    const finite = tf.logicalAnd(tf.isFinite(fsd), allFinite(phi));
    const learned = select(finite, { phi, metric: inPart("factors", () => root.metric(phi)), fsd }, {
      phi: state.phi,
      metric: state.metric,
      fsd: state.fsd,
    });
    const skipped: Tensor = tf.add(state.metaSkipped, tf.cast(tf.logicalNot(finite), "float32"));
    return { ...state, ...learned, metaSkipped: skipped };
  }

  return defineOptimizer<ProbesState>({
    problem,
    branch,
    init: (params) => {
      const phi = root.init(), zero = () => tf.scalar(0);
      return {
        phi,
        metric: root.metric(phi),
        velocity: mapTensors(params, (x) => tf.zerosLike(x)),
        rate: zero(),
        fsd: zero(),
        metaSkipped: zero(),
        step: zero(),
      };
    },
    advance: (carry, batches, at) => {
      const probes = branch(stepOf(at, branch)) === "probe";
      const drawn = probes && likelihood ? drawnGradient(likelihood, drawsOf(chanceAt(at), "probe")) : undefined;
      const { loss, gradient, buffers, beside } = gradientStep(problem, carry, batches.batch, at, drawn);
      const state = probes ? probed(carry, batches.metaBatch(), beside, at) : carry.state;
      const update = root.preconditioned(state.metric, gradient);
      const { params, velocity, rate } = trustedStep({
        ...{ params: carry.params, gradient, update, velocity: state.velocity },
        ...{ learningRate: valueAt(learningRate, state.step), trustRegion, momentum },
      });
      const after = { ...state, velocity, rate, step: tf.add(state.step, 1) as Tensor };
      const { fsd, metaSkipped } = state;
      return {
        carry: { params, buffers, state: after },
        metrics: { loss, learningRate: rate, fsd, metaSkipped },
      };
    },
    learned: async ({ state }) => ({
      "step factor": (await state.rate.data())[0],
      ...await factorConditions(state.phi, (name) => root.sizes[name]),
    }),
  });
}

/** The sum of two independent vectors, over √2: its covariance is the mean of theirs. */
function mixed(a: Tensors, b: Tensors): Tensors {
  return mapTensors(a, (x, name) => tf.mul(tf.add(x, b[name]), Math.SQRT1_2));
}
