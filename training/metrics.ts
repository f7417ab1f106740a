/**
 * What one measures besides the loss.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { classNumbers } from "../proximal/class_numbers.ts";
import type { Loss } from "../proximal/problem.ts";
import { areClassNumbers, checkShape } from "../proximal/shapes.ts";
import type { Tensor, Tensors } from "../runtime/tensor.ts";
import type { Dataset } from "../data/dataset.ts";

/**
 * A number that is made of means over examples. The metric only says what each example contributes; weighting, adding up over the
 * parts in which a data set is read, and dividing are not its business, so that it is right for any weights.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import type { ExampleMetric } from "@amortized/apo";
 *
 * // The share of the positives that are found: outputs are logits `[batch, 1]`, targets 0 or 1.
 * const recall: ExampleMetric = {
 *   terms: (logits, targets) => ({ found: tf.mul(tf.cast(tf.greater(logits, 0), "float32"), targets), all: targets }),
 *   value: ({ found, all }) => found / all,
 * };
 * ```
 */
export interface ExampleMetric {
  /** What each example contributes, under names of one's own: `[batch, …]`, of which the sum over all axes but the weights' counts. */
  terms(outputs: Tensor, targets: Tensor): Tensors;
  /** What is made of the means, Σ w · term / Σ w over the whole data set; without weights w is 1 for each row. */
  value(means: Readonly<Record<string, number>>, data: Dataset): number;
}

/** What is measured on a data set: like a loss the mean over examples, or made of several of them. */
export type Metric = Loss | ExampleMetric;

/**
 * The share of targets that are the class of the largest logit: outputs `[batch, …, classes]`, targets class numbers `[batch, …]` or
 * probabilities of the outputs' shape, whose largest one counts. In sequences each position is a target.
 */
export const accuracy: ExampleMetric = {
  terms: (outputs, targets) => {
    const areNumbers = areClassNumbers("accuracy: targets", targets, outputs.shape);
    const classes = areNumbers ? classNumbers(targets) : tf.argMax(targets, -1);
    const right = tf.cast(tf.equal(tf.argMax(outputs, -1), classes), "float32");
    return { right, all: tf.onesLike(right) };
  },
  value: ({ right, all }) => right / all,
};

/** Σ (σ(z) − t)² over the pixels of an image given by logits z: the error that papers on autoencoders report. */
export const reconstructionError: ExampleMetric = {
  terms: (outputs, targets) => {
    checkShape("reconstructionError: targets", targets, outputs.shape);
    return { error: tf.square(tf.sub(tf.sigmoid(outputs), targets)) };
  },
  value: ({ error }) => error,
};

/**
 * √mean ‖f − t‖², in the targets' own units where they were standardized: outputs and targets `[batch, …]`, the mean over examples.
 */
export const rootMeanSquaredError: ExampleMetric = {
  terms: (outputs, targets) => {
    checkShape("rootMeanSquaredError: targets", targets, outputs.shape);
    return { squares: tf.square(tf.sub(outputs, targets)) };
  },
  value: ({ squares }, { targetScale = 1 }) => targetScale * Math.sqrt(squares),
};
