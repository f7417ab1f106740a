/**
 * Inverse roots of symmetric positive semi-definite matrices.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, type Matrix } from "ml-matrix";
import { inPart } from "../precision/scope.ts";
import type { Tensor } from "../tensor.ts";
import { onHost } from "./on_host.ts";

const RIDGE = 2e-7; // of the norm: what float32 can tell from 0, so that rounding never makes an eigenvalue negative
const SMALLEST = 1e-30; // norms below count as this: float32 ends at 1e-38
const ITERATIONS = 26; // small eigenvalues grow by (1 + 1/p)ᵖ ≥ 2 each: 20 from the ridge, and some to converge

/**
 * (M + ρ‖M‖ I)^(−1/p) of symmetric positive semi-definite matrices `[batch, n, n]`, with ρ = 2e-7 and Frobenius's norm, taken as
 * at least 1e-30, so that the root of 0 is finite: by eigenvectors on the host, on WebGPU by {@linkcode coupledNewton}.
 *
 * @param p 2 or 4.
 */
export function inverseRoot(m: Tensor, p: 2 | 4): Tensor {
  const root = (matrix: Matrix): Matrix => {
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
    const ridge = RIDGE * Math.max(Math.hypot(...realEigenvalues), SMALLEST);
    const roots = realEigenvalues.map((value) => Math.max(value + ridge, ridge) ** (-1 / p));
    return eigenvectorMatrix.clone().mulRowVector(roots).mmul(eigenvectorMatrix.transpose());
  };
  return inPart("inverses", () => onHost(m, root) ?? coupledNewton(m, p));
}

/**
 * As {@linkcode inverseRoot}, by the coupled Newton iteration (Iannazzo 2006; used for Shampoo by Anil et al. 2020): with
 * T = ((p + 1) I − M)/p, X ← X T and M ← Tᵖ M, from M scaled into the region of convergence.
 */
export function coupledNewton(m: Tensor, p: 2 | 4): Tensor {
  return tf.tidy(() => {
    const n = m.shape[1]!, eye = tf.eye(n);
    const largest = tf.maximum(tf.max(tf.abs(m), [1, 2], true), SMALLEST); // whose square may leave float32's range
    const norm = tf.mul(largest, tf.maximum(tf.norm(tf.div(m, largest), "euclidean", [1, 2], true), 1)); // ≥ every eigenvalue
    const scale = tf.div((1 + p) / 2 / (1 + RIDGE), norm);
    let power: Tensor = tf.mul(tf.add(m, tf.mul(norm, tf.mul(eye, RIDGE))), scale);
    let root: Tensor = tf.mul(eye, tf.pow(scale, 1 / p));
    for (let i = 0; i < ITERATIONS; i++) {
      const t = tf.sub(tf.mul(eye, (p + 1) / p), tf.mul(power, 1 / p));
      root = tf.matMul(root, t);
      const square = tf.matMul(t, t);
      power = tf.matMul(p === 2 ? square : tf.matMul(square, square), power);
    }
    return root;
  });
}
