/**
 * How much of a step's progress is noise.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Problem } from "../../proximal/problem.ts";
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { innerProduct } from "../../runtime/tree.ts";
import type { MetaObjective, MetaPoint } from "../meta_objective.ts";
import { movingAverage } from "../moving_average.ts";

/** Moving averages over meta steps, from 0. */
export type Noise = {
  /** What the lookahead gains on B, the batch of its gradient, and does not gain on B′. */
  readonly gap: Tensor;
  /** What it gains on B: the mean of what the slope promises and of what B shows, as half of their difference is curvature. */
  readonly progress: Tensor;
};

/** Before the first meta step. */
export const noNoise = (): Noise => ({ gap: tf.scalar(0), progress: tf.scalar(0) });

const DECAY = 0.95; // of about 20 meta steps: a single one tells little

const difference = elementwise(({ x, y }) => ({ difference: x.sub(y) }));

/** The averages after another lookahead; J on B′ at θ and u costs no pass, as the FSD knows the outputs. */
export function measured(
  noise: Noise,
  problem: Problem,
  { params, metaBatch }: MetaPoint,
  { parts, reference, outputs, lookahead }: MetaObjective,
  { loss, gradient }: { readonly loss: Tensor; readonly gradient: Tensors },
): Noise {
  const { targets, weights } = metaBatch, elsewhere = (f: Tensor) => problem.loss(f, targets, weights);
  const gained = tf.sub(loss, parts.loss),
    promised = innerProduct(gradient, difference({ x: params, y: lookahead }).difference);
  const gap: Tensor = tf.sub(gained, tf.sub(elsewhere(reference), elsewhere(outputs)));
  return {
    gap: movingAverage(noise.gap, gap, DECAY),
    progress: movingAverage(noise.progress, tf.mul(tf.add(gained, promised), 0.5), DECAY),
  };
}

/**
 * How noisy gradients are (ours): 0 where all progress on B is progress on B′ too, 1 where none is. With s the share of the progress
 * that carries over it is (1 − s²)⁴, which is 0.9 at s = 0.15, as where labels are wrong, and 0.1 at s = 0.65, as early on clean data.
 */
export function noiseLevel({ gap, progress }: Noise): Tensor {
  const share = tf.sub(1, tf.divNoNan(gap, progress));
  const known = tf.where(tf.greater(progress, 0), tf.clipByValue(share, 0, 1), tf.scalar(0));
  return tf.pow(tf.sub(1, tf.square(known)), 4);
}
