/**
 * Square factors that are full or block-diagonal, and their products with matrices.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

/**
 * The identity of size n as a factor: `[n, n]`, or where n exceeds `blockSize` a stack `[blocks, size, size]` of equal blocks
 * not larger than that. The last block may reach beyond n; what lies there multiplies zeros.
 */
export function identityFactor(n: number, blockSize = Infinity): Tensor {
  if (n <= blockSize) return tf.eye(n);
  const blocks = Math.ceil(n / blockSize), size = Math.ceil(n / blocks);
  return tf.tile(tf.expandDims(tf.eye(size), 0), [blocks, 1, 1]);
}

/** F X, or Fᵀ X, for a factor F of size n and a matrix X `[n, m]`. */
export function multiplyLeft(factor: Tensor, x: Tensor, transpose = false): Tensor {
  if (factor.rank === 2) return tf.matMul(factor, x, transpose);
  const [rows, columns] = x.shape, [blocks, size] = factor.shape, missing = blocks * size - rows;
  const padded = missing === 0 ? x : tf.pad(x, [[0, missing], [0, 0]]);
  const product = tf.matMul(factor, tf.reshape(padded, [blocks, size, columns]), transpose);
  const whole = tf.reshape(product, [blocks * size, columns]);
  return missing === 0 ? whole : tf.slice(whole, [0, 0], [rows, columns]);
}

/** X F, or X Fᵀ, for a factor F of size n and a matrix X `[m, n]`. */
export function multiplyRight(x: Tensor, factor: Tensor, transpose = false): Tensor {
  if (factor.rank === 2) return tf.matMul(x, factor, false, transpose);
  return tf.transpose(multiplyLeft(factor, tf.transpose(x), !transpose));
}
