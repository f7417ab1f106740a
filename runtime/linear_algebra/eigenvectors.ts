/**
 * Eigenvectors of symmetric matrices.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, type Matrix } from "ml-matrix";
import { inPart } from "../precision/scope.ts";
import type { Tensor } from "../tensor.ts";
import { diagonalOf } from "./diagonal.ts";
import { onHost } from "./on_host.ts";
import { gramSchmidt } from "./orthonormal.ts";

const SWEEPS = 10; // Jacobi's method converges quadratically: 6 to 8 sweeps reach float32's rounding at sizes of some hundred

/**
 * Orthonormal eigenvectors, the columns of `[batch, n, n]`, of symmetric matrices `[batch, n, n]`, in no particular order: by QL
 * iterations on the host, on WebGPU by {@linkcode parallelJacobi}, which takes many small operations.
 */
export function eigenvectors(m: Tensor): Tensor {
  const decomposition = (matrix: Matrix) => new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  return inPart("inverses", () => onHost(m, (matrix) => decomposition(matrix).eigenvectorMatrix) ?? parallelJacobi(m));
}

/**
 * Jacobi's method, all n/2 disjoint rotations of a round at once, in the rounds of a tournament where everyone meets everyone
 * (Brent & Luk 1985).
 */
export function parallelJacobi(m: Tensor): Tensor {
  return tf.tidy(() => {
    const n = m.shape[1]!, odd = n % 2;
    const even = odd ? tf.pad(m, [[0, 0], [0, 1], [0, 1]]) : m; // zeros beside the diagonal: it never mixes with the others
    const vectors = jacobi(even);
    return odd ? tf.slice(vectors, [0, 0, 0], [-1, n, n]) : vectors;
  });
}

function jacobi(m: Tensor): Tensor {
  const n = m.shape[1]!, half = n / 2, eye = tf.eye(n);
  const partners = Array.from({ length: n }, (_, i) => (i + half) % n), seats = tournament(half);
  const opposite = tf.gather(eye, partners),
    moved = tf.gather(eye, seats, 1),
    movedOpposite = tf.gather(opposite, seats, 1);
  let vectors: Tensor = tf.tile(tf.expandDims(eye), [m.shape[0], 1, 1]);
  for (let round = 0; round < SWEEPS * (n - 1); round++) {
    const next = tf.tidy((): [Tensor, Tensor] => {
      const [cosine, sine] = rotations(m, opposite);
      const turn = tf.add(tf.mul(tf.expandDims(cosine, 2), moved), tf.mul(tf.expandDims(sine, 2), movedOpposite));
      return [tf.matMul(turn, tf.matMul(m, turn), true), tf.matMul(vectors, turn)];
    });
    if (round > 0) tf.dispose([m, vectors]); // not the caller's
    [m, vectors] = next;
  }
  return gramSchmidt(vectors); // of what rounding has left
}

/** cos and ±sin by column, of the rotations that make the elements between partners 0. */
function rotations(m: Tensor, opposite: Tensor): [Tensor, Tensor] {
  const half = m.shape[1]! / 2, diagonal = diagonalOf(m), between = tf.sum(tf.mul(m, opposite), 2);
  const [p, q, o] = [tf.slice(diagonal, [0, 0], [-1, half]), tf.slice(diagonal, [0, half], [-1, half]), between]
    .map((x) => tf.slice(x, [0, 0], [-1, half]));
  const negligible = tf.lessEqual(tf.abs(o), tf.mul(tf.add(tf.abs(p), tf.abs(q)), 1e-10));
  const tau = tf.div(tf.sub(q, p), tf.mul(tf.where(negligible, tf.onesLike(o), o), 2));
  const size = tf.div(1, tf.add(tf.abs(tau), tf.sqrt(tf.add(tf.square(tau), 1))));
  const signed = tf.where(tf.greaterEqual(tau, 0), size, tf.neg(size));
  const tangent = tf.where(negligible, tf.zerosLike(o), signed);
  const cosine = tf.rsqrt(tf.add(tf.square(tangent), 1)), sine = tf.mul(tangent, cosine);
  return [tf.concat([cosine, cosine], 1), tf.concat([sine, tf.neg(sine)], 1)];
}

/** Who sits where in the next round: seat i plays seat half + i, the first stays, and the others move on by one. */
function tournament(half: number): number[] {
  const top = Array.from({ length: half }, (_, i) => i < 2 ? (i === 0 ? 0 : half) : i - 1);
  const bottom = Array.from({ length: half }, (_, i) => i === half - 1 ? half - 1 : half + i + 1);
  return half === 1 ? [0, 1] : [...top, ...bottom];
}
