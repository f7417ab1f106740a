/**
 * Square factors that are full or block-diagonal, and their products with matrices; on the right they may be diagonal.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/**
 * The identity of size n as a factor: `[n, n]`, or where n exceeds `blockSize` a stack `[blocks, size, size]` of equal blocks
 * not larger than that. The last block may reach beyond n; what lies there multiplies zeros.
 */
export function identityFactor(n: number, blockSize = Infinity): Tensor {
  if (n <= blockSize) return tf.eye(n);
  const size = sizeOfBlocks(n, blockSize);
  return tf.tile(tf.expandDims(tf.eye(size), 0), [Math.ceil(n / size), 1, 1]);
}

/** How large the blocks of a factor of size n are: all alike, as few as can be, none larger than `blockSize`. */
export function sizeOfBlocks(n: number, blockSize: number): number {
  return Math.ceil(n / Math.ceil(n / blockSize));
}

/** F X, or Fᵀ X, for a factor F of size n and a matrix X `[n, m]`. */
export function multiplyLeft(factor: Tensor, x: Tensor, transpose = false): Tensor {
  if (factor.rank === 2) return tf.matMul(factor, x, transpose);
  const [rows, columns] = x.shape, [blocks, size] = factor.shape;
  const whole = tf.reshape(tf.matMul(factor, inBlocks(factor, x), transpose), [blocks * size, columns]);
  return blocks * size === rows ? whole : tf.slice(whole, [0, 0], [rows, columns]);
}

/** X F, or X Fᵀ, for a factor F of size n, or a diagonal one `[n]`, and a matrix X `[m, n]`. */
export function multiplyRight(x: Tensor, factor: Tensor, transpose = false): Tensor {
  if (factor.rank === 1) return tf.mul(x, factor);
  if (factor.rank === 2) return tf.matMul(x, factor, false, transpose);
  return tf.transpose(multiplyLeft(factor, tf.transpose(x), !transpose));
}

/** The part of X Yᵀ, for X and Y `[n, m]`, that lies in the blocks of a factor of size n, in the factor's shape. */
export function diagonalBlocks(factor: Tensor, x: Tensor, y: Tensor): Tensor {
  if (factor.rank === 2) return tf.matMul(x, y, false, true);
  return tf.matMul(inBlocks(factor, x), inBlocks(factor, y), false, true);
}

/** A matrix `[n, m]` as `[blocks, size, m]`, with zeros where the last block of the factor reaches beyond n. */
function inBlocks(factor: Tensor, x: Tensor): Tensor {
  const [blocks, size] = factor.shape, [rows, columns] = x.shape, missing = blocks * size - rows;
  const padded = missing === 0 ? x : tf.pad(x, [[0, missing], [0, 0]]);
  return tf.reshape(padded, [blocks, size, columns]);
}
