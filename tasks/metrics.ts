/**
 * What one measures besides the loss. All are means over examples, as losses are.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { squaredError } from "../proximal/squared_error.ts";
import { weightedMean } from "../proximal/weighted_mean.ts";
import type { Tensor } from "../runtime/tensor.ts";

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
