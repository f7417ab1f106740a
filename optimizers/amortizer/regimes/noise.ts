/**
 * How much of a step's progress is noise.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../../runtime/tensor.ts";
import { movingAverage } from "../../moving_average.ts";
import type { RegimeEvidence } from "../regime.ts";

/** Scalars; the averages of progress are over meta steps, from 0: those with much progress count for more. */
export type Noise = {
  /** What the lookahead gains on B, the batch of its gradient, and does not gain on B′. */
  readonly gap: Tensor;
  /** What it gains on B: the mean of what the slope promises and of what B shows, as half of their difference is curvature. */
  readonly progress: Tensor;
  /** What slopes promise of late, in units of the loss; 0 before the first meta step. */
  readonly size: Tensor;
  /** s: the share of the progress on B that is progress on B′ too, from 0 to 1; 1 before the first meta step. */
  readonly carriedOver: Tensor;
  /** J₀: J on B at the first meta step whose slope was not 0, times ln 10/ln V for a choice among V > 10 classes; 0 before. */
  readonly unit: Tensor;
};

/** Before the first meta step. */
export const noNoise = (): Noise => ({
  gap: tf.scalar(0),
  progress: tf.scalar(0),
  size: tf.scalar(0),
  carriedOver: tf.scalar(1),
  unit: tf.scalar(0),
});

const DECAY = 0.95; // of about 20 meta steps: a single one tells little
const SIZE_DECAY = 0.8;
const OUTLIER = 10; // sizes
const MEMORY = 30; // sizes: when losses were a thousand times today's, that is forgotten in time
const LEAST_PROGRESS = 0.0025; // sizes: who overshoots on B and on B′ alike meets no noise
const TINY = 1e-30;

/** The averages after another lookahead. */
export function measured(noise: Noise, { loss, lookaheadLoss, choices, ...evidence }: RegimeEvidence): Noise {
  const elsewhere = evidence.onMetaBatch(), promised = evidence.promised(), now = tf.abs(promised);
  const gained = tf.sub(loss, lookaheadLoss), gainedElsewhere = tf.sub(elsewhere.loss, elsewhere.lookaheadLoss);
  const isFirst = tf.equal(noise.size, 0);
  const size: Tensor = tf.where(isFirst, now, movingAverage(noise.size, now, SIZE_DECAY));
  const most = tf.mul(size, OUTLIER), kept = tf.div(tf.mul(size, MEMORY), tf.maximum(tf.abs(noise.progress), TINY));
  const next = (average: Tensor, x: Tensor): Tensor =>
    movingAverage(tf.mul(average, tf.minimum(kept, 1)), tf.maximum(tf.minimum(x, most), tf.neg(most)), DECAY);
  const gap = next(noise.gap, tf.sub(gained, gainedElsewhere));
  const progress = next(noise.progress, tf.mul(tf.add(gained, promised), 0.5));
  const share: Tensor = tf.sub(1, tf.divNoNan(gap, tf.maximum(progress, tf.mul(size, LEAST_PROGRESS))));
  return {
    ...{ gap, progress, size, carriedOver: tf.clipByValue(share, 0, 1) },
    unit: tf.where(isFirst, asOfTen(loss, choices), noise.unit) as Tensor,
  };
}

/** The loss of a choice among V classes is about ln V at first, but a nat is worth as much whatever V is. c was tuned with ten classes. */
const asOfTen = (loss: Tensor, choices = 1): Tensor =>
  choices > 10 ? tf.mul(loss, Math.log(10) / Math.log(choices)) : loss;
