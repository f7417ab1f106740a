/**
 * Large matrices of signs from a small number for each row and column.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/** The name of the kernel that does it in one pass: int32 inputs `rows` and `columns`. */
export const PARITY_SIGNS = "ApoParitySigns";

/** `[n, m]` of float32: −1 where `rows[i] & columns[j]`, of numbers from 0 to 2³¹ − 1, has an odd number of bits, else 1. */
export function paritySigns(rows: Int32Array, columns: Int32Array): Tensor {
  if (tf.getKernel(PARITY_SIGNS, tf.getBackend()) !== undefined) {
    const inputs = { rows: tf.tensor1d(rows, "int32"), columns: tf.tensor1d(columns, "int32") };
    return tf.engine().runKernel(PARITY_SIGNS, inputs) as Tensor;
  }
  const half = tf.mul(tf.matMul(bits(rows), bits(columns), false, true), 0.5); // half of how many bits they share
  return tf.sub(1, tf.mul(4, tf.sub(half, tf.floor(half))));
}

/** `[n, 31]` of 0 and 1. */
function bits(numbers: Int32Array): tf.Tensor2D {
  const values = new Float32Array(31 * numbers.length);
  numbers.forEach((number, i) => {
    for (let bit = 0; bit < 31; bit++) values[31 * i + bit] = (number >> bit) & 1;
  });
  return tf.tensor2d(values, [numbers.length, 31]);
}
