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

/** The share of the progress on B that is progress on B′ too; 0 where there is none. */
function carriedOver({ gap, progress }: Noise): Tensor {
  const share = tf.clipByValue(tf.sub(1, tf.divNoNan(gap, progress)), 0, 1);
  return tf.where(tf.greater(progress, 0), share, tf.scalar(0));
}

/** How λ_FSD grows with noise (ours): it is multiplied by min(most, s⁻ᵖ), s being the share of progress that carries over to B′. */
export interface Caution {
  /** p. */
  readonly power: number;
  /** However little carries over. */
  readonly most: number;
}

/** By what λ_FSD is multiplied; 1 before the first measurement. */
export function cautionAgainst(noise: Noise, { power, most }: Caution): Tensor {
  const share = tf.maximum(carriedOver(noise), most ** (-1 / power));
  return tf.where(tf.equal(noise.progress, 0), tf.scalar(1), tf.pow(share, -power));
}

/**
 * How noisy gradients are (ours): 0 where all progress on B is progress on B′ too, 1 where none is. With s the share of the progress
 * that carries over it is (1 − s²)⁴, which is 0.9 at s = 0.15, as where labels are wrong, and 0.1 at s = 0.65, as early on clean data.
 */
export function noiseLevel(noise: Noise): Tensor {
  return tf.pow(tf.sub(1, tf.square(carriedOver(noise))), 4);
}
