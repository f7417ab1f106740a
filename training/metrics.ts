/**
 * What one measures besides the loss: means over examples, as losses are, and what is made of them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Loss } from "../proximal/problem.ts";
import { squaredError } from "../proximal/squared_error.ts";
import { weightedMean } from "../proximal/weighted_mean.ts";
import type { Tensor } from "../runtime/tensor.ts";
import type { Dataset } from "../data/dataset.ts";

/** A number that is made of a mean over examples. */
export interface DerivedMetric {
  /** The mean. */
  readonly mean: Loss;
  /** What is made of it. */
  value(mean: number, data: Dataset): number;
}

/** What is measured on a data set. */
export type Metric = Loss | DerivedMetric;

/** The share of examples whose largest logit is the target's: outputs `[batch, …, classes]`, targets int32 `[batch, …]`. */
export function accuracy(outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  return tf.tidy(() => {
    const right = tf.cast(tf.equal(tf.argMax(outputs, -1), tf.cast(targets, "int32")), "float32");
    return weightedMean(right, weights);
  });
}

/** Σ (σ(z) − t)² over the pixels of an image given by logits z: the error that papers on autoencoders report. */
export function reconstructionError(outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  return tf.tidy(() => tf.mul(squaredError(tf.sigmoid(outputs), targets, weights), 2));
}

/**
 * √mean ‖f − t‖², in the targets' own units where they were standardized: outputs and targets `[batch, …]`, the mean over examples.
 */
export const rootMeanSquaredError: DerivedMetric = {
  mean: (outputs, targets, weights) => tf.tidy(() => tf.mul(squaredError(outputs, targets, weights), 2)),
  value: (mean, { targetScale = 1 }) => targetScale * Math.sqrt(mean),
};
