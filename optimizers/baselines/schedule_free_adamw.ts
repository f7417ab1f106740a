/**
 * Schedule-free AdamW.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { decayRate, oneOf, positive } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { movingAverage } from "../moving_average.ts";
import type { Guarded, Optimizer } from "../optimizer.ts";
import { scheduleFree, type ScheduleFreeOptions, type ScheduleFreeState } from "./schedule_free.ts";

/** Options of {@linkcode scheduleFreeAdamw}. */
export interface ScheduleFreeAdamwOptions extends ScheduleFreeOptions {
  /** β₁: how far y lies from z towards x. Default: 0.9. */
  readonly decay1?: number;
  /** β₂ of v. Default: 0.999. */
  readonly decay2?: number;
  /** ε. Default: 1e-8; added outside the root. */
  readonly epsilon?: number;
  /** Where Adam's bias correction goes. Default: "official". */
  readonly form?: "official" | "paper";
}

/** The state of AdamW's u. */
export type SecondMomentState = {
  /** v. */
  readonly square: Tensors;
  /** 1 − β₂ᵗ. */
  readonly correction: Tensor;
};

/**
 * Schedule-free AdamW: as `scheduleFreeSgd`, with a second moment
 * `$v_t = \beta_2 v_{t-1} + (1-\beta_2)\,g_t^2$` and in the place of g
 *
 * - `"official"`: `$u_t = g_t / (\sqrt{v_t/(1-\beta_2^t)} + \varepsilon)$`, the authors' code since November 2024;
 * - `"paper"`: `$u_t = g_t / (\sqrt{v_t} + \varepsilon)$` and γ_t √(1 − β₂ᵗ) for γ_t everywhere, in the decay and the averaging
 *   weights too. Theirs of the published experiments; of this one their code warns that it "can cause instability on some
 *   problems", which is why it is not the default.
 *
 * @throws `UserError` for a rate or ε that is not positive, a negative decay or warm-up, and β₁ or β₂ outside [0, 1).
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { mlp } from "@amortized/apo/models";
 * import { scheduleFreeAdamw } from "@amortized/apo/optimizers";
 * import { softmax } from "@amortized/apo/proximal";
 *
 * const problem = { model: mlp([784, 256, 10]), output: softmax() };
 * const optimizer = scheduleFreeAdamw({ problem, warmUpSteps: 100 });
 * assertThrows(() => scheduleFreeAdamw({ problem, decay1: 1 }));
 * ```
 */
export function scheduleFreeAdamw(options: ScheduleFreeAdamwOptions): Optimizer<
  Guarded<ScheduleFreeState<SecondMomentState>>
> {
  const { decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8, form = "official", learningRate = 0.0025, ...rest } = options;
  decayRate("decay1", decay1);
  decayRate("decay2", decay2);
  positive("epsilon", epsilon);
  oneOf("form", form, ["official", "paper"]);
  return scheduleFree<SecondMomentState>({ ...rest, learningRate }, decay1, {
    init: (params) => ({ square: mapTensors(params, (x) => tf.zerosLike(x)), correction: tf.scalar(0) }),
    next: (gradient, state) => {
      const square = mapTensors(gradient, (g, name) => movingAverage(state.square[name], tf.square(g), decay2));
      const correction = movingAverage(state.correction, 1, decay2), root = tf.sqrt(correction);
      const next = { square, correction };
      if (form === "paper") {
        const direction = mapTensors(gradient, (g, name) => tf.div(g, tf.add(tf.sqrt(square[name]), epsilon)));
        return { direction, state: next, factor: root };
      }
      const offset = tf.mul(root, epsilon); // g/(√(v/c) + ε) = g √c / (√v + ε √c): the correction stays a scalar
      const direction = mapTensors(
        gradient,
        (g, name) => tf.div(tf.mul(g, root), tf.add(tf.sqrt(square[name]), offset)),
      );
      return { direction, state: next };
    },
  });
}
