/**
 * Hypergradient descent on the learning rate.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { nonNegative } from "../../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { innerProduct, mapTensors } from "../../runtime/tree.ts";
import { checkedDirection } from "../check_part.ts";
import type { Direction } from "../directions/direction.ts";
import { gradientStep } from "../gradient_step.ts";
import { defineOptimizer, type Guarded, type Optimizer } from "../optimizer.ts";

/** Options of {@linkcode hypergradient}. */
export interface HypergradientOptions<S extends Tree> {
  /** What is minimized. */
  readonly problem: Problem;
  /** What a step is made of: `gradient()` for SGD-HD, `momentum({ nesterov: true })` for SGDN-HD, `adam()` for Adam-HD. */
  readonly direction: Direction<S>;
  /** α₀. */
  readonly learningRate: number;
  /**
   * The rate of the rate (the paper's β). It has the units of α/‖g‖², so what suits one problem may be wrong for another; the
   * paper takes 1e-3 for SGD-HD, and 1e-7 or 1e-8 for Adam-HD.
   */
  readonly hyperRate: number;
}

/** The state of {@linkcode hypergradient}. */
export type HypergradientState<S extends Tree> = {
  /** The direction's. */
  readonly direction: S;
  /** u_{t−1}, along which the latest step went; 0 before the first. */
  readonly previous: Tensors;
  /** α. */
  readonly rate: Tensor;
};

/**
 * Hypergradient descent: the derivative of the loss in the rate of the step before is −⟨g_t, u_{t−1}⟩, so with u the base's
 * direction and ⟨,⟩ over all parameters together
 *
 * `$\alpha_t = \alpha_{t-1} + \kappa\,\langle g_t, u_{t-1}\rangle,\; \theta_t = \theta_{t-1} - \alpha_t u_t$`
 *
 * where κ is `hyperRate`, and the first step uses α₀. Reference: Baydin, Cornish, Martínez Rubio, Schmidt, Wood, "Online Learning
 * Rate Adaptation with Hypergradient Descent", ICLR 2018, arXiv 1703.04782, the additive rule. Nothing keeps α positive: with κ
 * too large it can turn negative and climb, which is in the method. `learned` reports `rate`.
 *
 * @throws `UserError` for a negative `learningRate` or `hyperRate`.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fit, gradient, hypergradient, mlp, rows, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
 * const optimizer = hypergradient({ problem, direction: gradient(), learningRate: 1e-3, hyperRate: 1e-2 });
 * for await (const event of fit({ problem, optimizer, data, steps: 50 })) {
 *   if (event.kind === "logged" && event.step === 50) assert(event.learned.rate > 0.01);
 * }
 * ```
 */
export function hypergradient<S extends Tree>(
  options: HypergradientOptions<S>,
): Optimizer<Guarded<HypergradientState<S>>> {
  const { problem, learningRate, hyperRate } = options;
  const base = checkedDirection("direction", options.direction);
  nonNegative("learningRate", learningRate);
  nonNegative("hyperRate", hyperRate);
  return defineOptimizer<HypergradientState<S>>({
    problem,
    ...base.branch && { branch: base.branch },
    init: (params) => ({
      direction: base.init(params),
      previous: mapTensors(params, (x) => tf.zerosLike(x)),
      rate: tf.scalar(learningRate),
    }),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const alignment = innerProduct(gradient, carry.state.previous);
      const rate: Tensor = tf.add(carry.state.rate, tf.mul(alignment, hyperRate));
      const { direction, state } = base.next(gradient, carry.state.direction, carry.params, at);
      const params = mapTensors(carry.params, (x, name) => tf.sub(x, tf.mul(direction[name], rate)));
      const next = { direction: state, previous: direction, rate };
      return { carry: { params, buffers, state: next }, metrics: { loss, learningRate: rate } };
    },
    learned: async ({ state }) => ({ rate: (await state.rate.data())[0] }),
  });
}
