/**
 * Prodigy.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { decayRate, positive } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { finiteOrNan, innerProduct, mapTensors, sumOf } from "../../runtime/tree.ts";
import { gradientStep } from "../gradient_step.ts";
import { movingAverage } from "../moving_average.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";
import { checkScheduled } from "../check_scheduled.ts";
import { type Scheduled, valueAt } from "../schedules.ts";
import { decayOf, type WeightDecay } from "../weight_decay.ts";

/** Options of {@linkcode prodigy}. Weight decay is θ ← (1 − d γ weightDecay) θ, as in `AdamW`. */
export interface ProdigyOptions extends WeightDecay {
  /** What is minimized. */
  readonly problem: Problem;
  /** γ, the factor on d, constant or by the step. Default: 1. The authors advise 1, or a cosine from 1. */
  readonly learningRate?: Scheduled;
  /** β₁. Default: 0.9. */
  readonly decay1?: number;
  /** β₂. Default: 0.999; β₃ is its root. */
  readonly decay2?: number;
  /** ε. Default: 1e-8; d ε is added outside the root. */
  readonly epsilon?: number;
  /** d₀: smaller than any distance that can matter. Default: 1e-6. */
  readonly initialD?: number;
  /** Multiplies the estimate of d. Default: 1; where Prodigy's steps are too long or short, change this. */
  readonly dCoefficient?: number;
}

/** The state of {@linkcode prodigy}. */
export type ProdigyState = {
  /** θ₀. */
  readonly initial: Tensors;
  /** m. */
  readonly mean: Tensors;
  /** v. */
  readonly square: Tensors;
  /** s. */
  readonly sum: Tensors;
  /** r. */
  readonly progress: Tensor;
  /** d. */
  readonly d: Tensor;
  /** Steps done. */
  readonly step: Tensor;
};

/**
 * Prodigy: Adam whose rate d grows to an estimate, from below, of how far the start is from a solution. With d the old
 * estimate d_{t−1}, ⟨,⟩ and ‖·‖₁ over all parameters together, and all sums from 0:
 *
 * `$m_t = \beta_1 m_{t-1} + (1-\beta_1)\,d\,g_t,\; v_t = \beta_2 v_{t-1} + (1-\beta_2)\,d^2 g_t^2$`,
 *
 * `$r_t = \beta_3 r_{t-1} + \tfrac{d}{d_0}\,d\gamma\,\langle g_t, \theta_0 - \theta_{t-1}\rangle,\;
 * s_t = \beta_3 s_{t-1} + \tfrac{d}{d_0}\,d\gamma\,g_t,\; d_t = \max(d,\; c\,r_t/\lVert s_t\rVert_1)$`,
 *
 * `$\theta_t = \theta_{t-1} - d\gamma\,m_t / (\sqrt{v_t} + d_t\,\varepsilon)$`.
 *
 * Reference: Mishchenko & Defazio, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner", ICML 2024, arXiv 2306.06101, in
 * the form of the official code (`prodigyopt`) and with its defaults: no bias correction, d may grow without limit, and ε goes
 * with the new d (the paper: with the old one). `learned` reports `d`. d never shrinks: a γ that starts small (a warm-up)
 * slows the progress down and d comes out too large.
 *
 * @throws `UserError` for ε, d₀ or its coefficient unless positive, a negative rate or decay, and β₁ or β₂ outside [0, 1).
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { cosine, fit, mlp, prodigy, rows, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
 * const optimizer = prodigy({ problem, learningRate: cosine({ initial: 1, steps: 100 }) });
 * for await (const event of fit({ problem, optimizer, data, steps: 100 })) {
 *   if (event.kind === "logged" && event.step === 100) assert(event.learned.d > 1e-3); // from 1e-6
 * }
 * ```
 */
export function prodigy(options: ProdigyOptions): Optimizer<Guarded<ProdigyState>> {
  const { problem, learningRate = 1, decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8 } = options;
  const { initialD = 1e-6, dCoefficient = 1 } = options;
  checkScheduled("learningRate", learningRate);
  for (const [argument, value] of Object.entries({ decay1, decay2 })) decayRate(argument, value);
  for (const [argument, value] of Object.entries({ epsilon, initialD, dCoefficient })) positive(argument, value);
  const decay = decayOf(options, problem.model.leaves);
  const decay3 = Math.sqrt(decay2);
  return defineOptimizer<ProdigyState>({
    problem,
    init: (params) => {
      const zeros = () => mapTensors(params, (x) => tf.zerosLike(x));
      const sums = { mean: zeros(), square: zeros(), sum: zeros(), progress: tf.scalar(0) };
      return { initial: params, ...sums, d: tf.scalar(initialD), step: tf.scalar(0) };
    },
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const { initial, d, step, ...old } = carry.state;
      const rate = tf.mul(d, valueAt(learningRate, step));
      const weight = tf.mul(rate, tf.div(d, initialD)); // over d₀, lest r and s be too small for float32
      const way = mapTensors(initial, (x, name) => tf.sub(x, carry.params[name]));
      const progress: Tensor = tf.add(tf.mul(old.progress, decay3), tf.mul(innerProduct(gradient, way), weight));
      const sum = mapTensors(gradient, (g, name) => tf.add(tf.mul(old.sum[name], decay3), tf.mul(g, weight)));
      const scaled = mapTensors(gradient, (g) => tf.mul(g, d));
      const mean = mapTensors(scaled, (g, name) => movingAverage(old.mean[name], g, decay1));
      const square = mapTensors(scaled, (g, name) => movingAverage(old.square[name], tf.square(g), decay2));
      // s is 0 as long as all gradients or γ are: then there is no estimate
      const size = finiteOrNan(sumOf(Object.values(sum).map((s) => tf.sum(tf.abs(s)))));
      const estimate = tf.divNoNan(progress, size);
      const grown: Tensor = tf.maximum(tf.mul(estimate, dCoefficient), d); // in this order NaN stays NaN on wasm
      const offset = tf.mul(grown, epsilon);
      const params = mapTensors(carry.params, (x, name) => {
        const kept = decay(name) === 0 ? x : tf.mul(x, tf.sub(1, tf.mul(rate, decay(name))));
        return tf.sub(kept, tf.div(tf.mul(mean[name], rate), tf.add(tf.sqrt(square[name]), offset)));
      });
      const state = { initial, mean, square, sum, progress, d: grown, step: tf.add(step, 1) as Tensor };
      return { carry: { params, buffers, state }, metrics: { loss, learningRate: rate } };
    },
    learned: async ({ state }) => ({ d: (await state.d.data())[0] }),
  });
}
