/**
 * The default meta-optimizer of learning rates.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allFinite } from "../../runtime/all_finite.ts";
import { select } from "../../runtime/select.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { UserError } from "../../runtime/errors.ts";
import { globalNorm, mapTensors } from "../../runtime/tree.ts";
import { movingAverage } from "../moving_average.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";
import { checkScheduled } from "../check_scheduled.ts";
import { type Scheduled, valueAt } from "../schedules.ts";
import { META } from "../tuned.ts";

/** Options of {@linkcode normalized}. */
export interface NormalizedOptions {
  /** How far φ moves for a meta-gradient as large as the progress that the linearised loss promises. Default: 0.05. */
  readonly rate?: Scheduled;
}

/** The state of {@linkcode normalized}: each by φ's names. */
export type NormalizedState = {
  /** M: the average of |g·d|, from 0. */
  readonly progress: Tensors;
  /** 1 − decayⁿ. */
  readonly correction: Tensors;
  /** Σ φ over the early meta steps. */
  readonly earlySum: Tensors;
  /** How many there were. */
  readonly earlyCount: Tensor;
};

const DECAY = 0.8;
const LOWEST = -1, HIGHEST = 10;
const HEADROOM = Math.log(4);

/**
 * A meta step for log-rates that has the same size whatever the scale of loss, gradients and η (ours; not the paper's). With
 * a + b = ∂Q/∂φ and M an average of |g·d|: `$x = \mathrm{clip}((a+b)/(\eta M), -1, 10)$`, `$\varphi \leftarrow \varphi - 0.05\,x$`,
 * and φ stays below its mean over the early meta steps + ln 4, without which it grows as the loss goes to 0. A lookahead that
 * overflows counts as x = 10; where J_B(θ) or f(B′, θ) themselves are not finite, φ and the state stay as they were.
 *
 * @throws `UserError` for a rate that is negative or no number, and from `init` for log-rates that are no scalars.
 */
export function normalized({ rate = META.normalizedRate }: NormalizedOptions = {}): MetaOptimizer<NormalizedState> {
  checkScheduled("normalized: rate", rate);
  return {
    needsLogRates: true,
    init: (phi) => {
      checkScalars(phi);
      return {
        progress: mapTensors(phi, () => tf.scalar(0)),
        correction: mapTensors(phi, () => tf.scalar(0)),
        earlySum: mapTensors(phi, () => tf.scalar(0)),
        earlyCount: tf.scalar(0),
      };
    },
    next: (evidence, phi, state) => {
      const slope = evidence.pullback(evidence.lookaheadGradient); // a + b
      const descent = evidence.pullback(evidence.gradient); // −η g·d
      const size = mapTensors(descent, (x, name) => tf.abs(tf.div(x, tf.exp(phi[name])))); // |g·d|
      const usable = tf.logicalAnd(evidence.sound, allFinite(size));
      const progress = mapTensors(phi, (_, name) => movingAverage(state.progress[name], size[name], DECAY));
      const correction = mapTensors(phi, (_, name) => movingAverage(state.correction[name], 1, DECAY));
      const moved = mapTensors(phi, (logRate, name) => {
        const expected = tf.mul(tf.div(progress[name], correction[name]), tf.exp(logRate));
        const ratio = tf.divNoNan(slope[name], expected);
        const step = tf.where(tf.isFinite(ratio), tf.clipByValue(ratio, LOWEST, HIGHEST), tf.scalar(HIGHEST));
        return tf.sub(logRate, tf.mul(step, valueAt(rate, evidence.step)));
      });
      const capped = mapTensors(moved, (logRate, name) => tf.minimum(logRate, ceiling(state, name)));
      const after: NormalizedState = {
        progress,
        correction,
        earlySum: evidence.early ? mapTensors(capped, (x, name) => tf.add(state.earlySum[name], x)) : state.earlySum,
        earlyCount: evidence.early ? tf.add(state.earlyCount, 1) : state.earlyCount,
      };
      const kept = select<{ phi: Tensors; state: NormalizedState }>(
        usable,
        { phi: capped, state: after },
        { phi, state },
      );
      return { ...kept, gradientNorm: globalNorm(slope), finite: tf.logicalAnd(usable, evidence.finite) };
    },
  };
}

/** @throws `UserError` for log-rates that are no scalars. */
function checkScalars(phi: Tensors): void {
  const wrong = Object.keys(phi).find((name) => phi[name].rank > 0);
  if (wrong === undefined) return;
  throw new UserError(
    `parameterization: φ "${wrong}" has the shape [${
      phi[wrong].shape
    }], but where logRates is true each is a scalar; leave ` +
      "logRates out, which learns φ of any shape, or give one scalar a rate",
  );
}

/** The cap on φ; a very large number as long as there was no early meta step. */
function ceiling(state: NormalizedState, name: string): Tensor {
  const mean = tf.div(state.earlySum[name], tf.maximum(state.earlyCount, 1));
  return tf.where(tf.greater(state.earlyCount, 0), tf.add(mean, HEADROOM), tf.scalar(80));
}
