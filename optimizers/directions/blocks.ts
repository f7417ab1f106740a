/**
 * Matrices cut into equal blocks, so that each can have preconditioners of its own.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

/** How a matrix is cut. */
export interface Blocks {
  /** Of the matrix. */
  readonly sides: readonly [rows: number, columns: number];
  /** How many blocks along each side. */
  readonly counts: readonly [number, number];
  /** Of each block; the last along a side may reach beyond the matrix, into zeros. */
  readonly size: readonly [number, number];
}

/** Blocks as nearly equal as can be, with sides of at most `blockSize`, but for sides that stay `whole`. */
export function blocksOf(
  sides: readonly [number, number],
  blockSize: number,
  whole: readonly [boolean, boolean] = [false, false],
): Blocks {
  const counts = sides.map((side, i) => whole[i] ? 1 : Math.ceil(side / blockSize)) as [number, number];
  return { sides, counts, size: sides.map((side, i) => Math.ceil(side / counts[i])) as [number, number] };
}

/** A matrix (of any shape with as many values, in the order of `sides`) as `[blocks, …size]`. */
export function cut(x: Tensor, { sides, counts, size }: Blocks): Tensor {
  const missing = sides.map((side, i) => counts[i] * size[i] - side);
  const matrix = tf.reshape(x, [...sides]);
  const padded = missing.some((n) => n > 0)
    ? tf.pad(matrix, missing.map((n) => [0, n]) as [[0, number], [0, number]])
    : matrix;
  const grid = tf.reshape(padded, [counts[0], size[0], counts[1], size[1]]);
  return tf.reshape(tf.transpose(grid, [0, 2, 1, 3]), [counts[0] * counts[1], ...size]);
}

/** The matrix of such blocks, in another shape with as many values. */
export function join(blocks: Tensor, { sides, counts, size }: Blocks, shape: readonly number[]): Tensor {
  const grid = tf.transpose(tf.reshape(blocks, [...counts, ...size]), [0, 2, 1, 3]);
  const whole = tf.reshape(grid, [counts[0] * size[0], counts[1] * size[1]]);
  return tf.reshape(tf.slice(whole, [0, 0], [...sides]), [...shape]);
}
