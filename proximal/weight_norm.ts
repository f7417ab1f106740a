/**
 * The discrepancy of weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import { innerProduct, mapTensors } from "../runtime/tree.ts";
import type { Tensor, Tensors } from "../runtime/tensor.ts";

const between = elementwise(({ u, params }) => ({ distance: u.sub(params) }));

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
    const { distance } = between({ u: lookahead, params });
    const weighed = mapTensors(distance, (x, name) => {
      const weight = blockWeights[name] ?? 1;
      return weight === 1 ? x : tf.mul(x, weight);
    });
    return tf.mul(innerProduct(weighed, distance), 0.5);
  });
}
