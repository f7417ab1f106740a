/**
 * Large matrices of signs from a whole number for each row and column.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/** The name of the kernel that does it in one pass: int32 inputs `rows` and `columns`. */
export const PARITY_SIGNS = "ApoParitySigns";

/** Numbers from 0 to 2³¹ − 1 as {@linkcode paritySigns} wants them here: themselves, or `[n, 31]` of their binary digits. */
export function digitsOf(numbers: Int32Array): Tensor {
  if (hasKernel()) return tf.tensor1d(numbers, "int32");
  const values = new Float32Array(DIGITS * numbers.length);
  numbers.forEach((number, i) => {
    for (let digit = 0; digit < DIGITS; digit++) values[DIGITS * i + digit] = (number >> digit) & 1;
  });
  return tf.tensor2d(values, [numbers.length, DIGITS]);
}

/** `[n, m]` of float32: −1 where `rows[i] & columns[j]` has an odd number of ones, else 1. */
export function paritySigns(rows: Tensor, columns: Tensor): Tensor {
  if (hasKernel()) return tf.engine().runKernel(PARITY_SIGNS, { rows, columns }) as Tensor;
  const half = tf.mul(tf.matMul(rows, columns, false, true), 0.5); // half of how many ones they share
  return tf.sub(1, tf.mul(4, tf.sub(half, tf.floor(half))));
}

const DIGITS = 31;

function hasKernel(): boolean {
  return tf.getKernel(PARITY_SIGNS, tf.getBackend()) !== undefined;
}
