/**
 * The discrepancy of weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { sumOf } from "../runtime/tree.ts";
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
  return tf.tidy(() =>
    sumOf(
      Object.keys(params).map((name) => {
        const distance = tf.sum(tf.square(tf.sub(lookahead[name], params[name])));
        return tf.mul(distance, 0.5 * (blockWeights[name] ?? 1));
      }),
    )
  );
}
