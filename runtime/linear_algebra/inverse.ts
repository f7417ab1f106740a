/**
 * Inverses of symmetric positive definite matrices, made of matrix products.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { CholeskyDecomposition, Matrix, solve } from "ml-matrix";
import { inPart } from "../precision/scope.ts";
import type { Tensor } from "../tensor.ts";
import { onHost } from "./on_host.ts";

const LEAF = 48; // up to this size the host is quicker than many small products

/**
 * M⁻¹ = Fᵀ F of symmetric positive definite matrices `[n, n]` or `[batch, n, n]`, where F is the inverse of M's Cholesky factor,
 * by halving: with M = (P Qᵀ; Q S), `$F = \begin{pmatrix} F_P & 0\\ -F_C\,L\,F_P & F_C\end{pmatrix}$`, L = Q F_Pᵀ, and C = S − L Lᵀ.
 * About 1.7n³ multiplications, nearly all of them in large products. The error grows with the condition number
 * κ as that of Cholesky's method; where float32 finds M not positive definite (κ near 1e6), the result is not finite.
 */
export function inverse(m: Tensor): Tensor {
  return inPart("inverses", () =>
    tf.tidy(() => {
      const factor = inverseFactor(m.rank === 2 ? tf.expandDims(m) : m);
      const product = tf.matMul(factor, factor, true);
      return m.rank === 2 ? tf.squeeze(product, [0]) : product;
    }));
}

/** The inverse of the Cholesky factor: lower triangular. */
function inverseFactor(m: Tensor): Tensor {
  return m.shape[1]! <= LEAF ? onHost(m, inverseCholesky) ?? halved(m) : halved(m);
}

function inverseCholesky(matrix: Matrix): Matrix {
  const symmetric = Matrix.add(matrix, matrix.transpose()).mul(0.5); // to the bit, or the library throws
  const n = matrix.rows, cholesky = new CholeskyDecomposition(symmetric);
  if (!cholesky.isPositiveDefinite()) return Matrix.zeros(n, n).fill(NaN);
  return solve(cholesky.lowerTriangularMatrix, Matrix.eye(n));
}

function halved(m: Tensor): Tensor {
  const [batch, n] = m.shape as number[], half = n - Math.floor(n / 2), rest = n - half;
  if (n === 1) return tf.rsqrt(m);
  const p = inverseFactor(tf.slice(m, [0, 0, 0], [-1, half, half]));
  const l = tf.matMul(tf.slice(m, [0, half, 0], [-1, rest, half]), p, false, true);
  const c = inverseFactor(tf.sub(tf.slice(m, [0, half, half], [-1, rest, rest]), tf.matMul(l, l, false, true)));
  const bottom = tf.concat([tf.neg(tf.matMul(c, tf.matMul(l, p))), c], 2);
  return tf.concat([tf.concat([p, tf.zeros([batch, half, rest])], 2), bottom], 1);
}
