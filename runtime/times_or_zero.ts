/**
 * Products in which a factor of 0 means "does not count".
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/** x · factor, and 0 where the factor is 0, whatever x is: infinite or NaN as well. The factor broadcasts. */
export function timesOrZero(x: Tensor, factor: Tensor): Tensor {
  return tf.where(tf.equal(factor, 0), tf.scalar(0), tf.mul(x, factor));
}
