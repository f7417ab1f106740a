/**
 * Kronecker factors with damping, and their inverses.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allFinite } from "../../runtime/all_finite.ts";
import { inverse } from "../../runtime/linear_algebra/inverse.ts";
import { inPart } from "../../runtime/precision/scope.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";

/** A pair of matrices by linear map; `[n]` is the diagonal of one that is diagonal. */
export type KroneckerPairs = {
  /** On the inputs' side. */
  readonly A: Tensors;
  /** On the outputs' side. */
  readonly B: Tensors;
};

/** What {@linkcode dampedInverses} finds. */
export interface DampedInverses {
  /** By linear map. */
  readonly inverses: KroneckerPairs;
  /** A boolean scalar. */
  readonly finite: Tensor;
}

/**
 * (A + π√λ I)⁻¹ and (B + √λ/π I)⁻¹ for each linear map, in float32.
 *
 * @param factors Running averages.
 * @param weight What the averages' weights add up to.
 * @returns The inverses, and a boolean scalar: whether all of them are finite.
 */
export function dampedInverses(factors: KroneckerPairs, weight: Tensor, damping: number): DampedInverses {
  return inPart("inverses", () => inversesOf(factors, weight, damping));
}

function inversesOf(factors: KroneckerPairs, weight: Tensor, damping: number): DampedInverses {
  const inverses: { A: Record<string, Tensor>; B: Record<string, Tensor> } = { A: {}, B: {} };
  for (const map of Object.keys(factors.A)) {
    const unbiased = (factor: Tensor) => tf.div(factor, weight);
    const damped = dampedFactors(unbiased(factors.A[map]), unbiased(factors.B[map]), damping);
    inverses.A[map] = inverseOf(damped.A);
    inverses.B[map] = inverseOf(damped.B);
  }
  return { inverses, finite: tf.logicalAnd(allFinite(inverses.A), allFinite(inverses.B)) };
}

const inverseOf = (factor: Tensor): Tensor => factor.rank === 1 ? tf.div(1, factor) : inverse(factor);

/**
 * A + π√λ I and B + √λ/π I with π = √((tr A/n)/(tr B/m)): the damping of Martens & Grosse 2015, section 6.3.
 *
 * @param A `[n, n]`, or `[n]` if it is diagonal.
 * @param B `[m, m]`, or `[m]`.
 */
export function dampedFactors(A: Tensor, B: Tensor, damping: number): { A: Tensor; B: Tensor; pi: Tensor } {
  const identity = ({ rank, shape: [n] }: Tensor): Tensor => rank === 1 ? tf.ones([n]) : tf.eye(n);
  const meanTrace = (x: Tensor): Tensor => tf.div(tf.sum(tf.mul(x, identity(x))), x.shape[0]);
  // a layer of dead units has B = 0: π then stays finite
  const pi: Tensor = tf.sqrt(tf.div(tf.maximum(meanTrace(A), 1e-12), tf.maximum(meanTrace(B), 1e-12)));
  const root = Math.sqrt(damping), plus = (x: Tensor, c: Tensor): Tensor => tf.add(x, tf.mul(identity(x), c));
  return { A: plus(A, tf.mul(pi, root)), B: plus(B, tf.div(root, pi)), pi };
}
