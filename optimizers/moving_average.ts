/**
 * Exponential moving averages.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";

/** β a + (1 − β) x. Of ones, from 0, it is the bias correction 1 − βᵗ. */
export function movingAverage(average: Tensor, x: Tensor | number, decay: number): Tensor {
  return tf.add(tf.mul(average, decay), tf.mul(x, 1 - decay));
}
