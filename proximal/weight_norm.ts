/**
 * The discrepancy of weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { squaredDistance, sumOf } from "../runtime/tree.ts";
import type { Tensor, Tensors } from "../runtime/tensor.ts";

/**
 * `$\tfrac12\sum_b w_b\,\|u_b - \theta_b\|^2$` over the parameters b.
 *
 * @param lookahead u.
 * @param params θ, the same names and shapes.
 * @param blockWeights w_b by parameter name; 1 where none is given.
 * @returns A scalar ≥ 0.
 */
export function weightNorm(
  lookahead: Tensors,
  params: Tensors,
  blockWeights: Readonly<Record<string, number>> = {},
): Tensor {
  return tf.tidy(() => {
    const names = Object.keys(params), weights = names.map((name) => blockWeights[name] ?? 1);
    if (weights.every((weight) => weight === 1)) return tf.mul(squaredDistance(lookahead, params), 0.5);
    const only = (tensors: Tensors, name: string) => ({ [name]: tensors[name] });
    const terms = names.map((name, i) =>
      tf.mul(squaredDistance(only(lookahead, name), only(params, name)), 0.5 * weights[i])
    );
    return sumOf(terms);
  });
}
