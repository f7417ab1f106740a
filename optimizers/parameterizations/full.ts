/**
 * One matrix for all parameters.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positive, UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { conditionNumber } from "./condition.ts";
import type { RateOptions } from "./log_rates.ts";
import type { Parameterization } from "./parameterization.ts";

const LARGEST = 2048;

/** Options of {@linkcode fullMatrix}. */
export interface FullMatrixOptions extends RateOptions {
  /** P itself is φ, as in the theorem, instead of P = LLᵀ: easily diverges in training. Default: false. */
  readonly free?: boolean;
}

/**
 * One matrix for all parameters together, for toy problems: P = L Lᵀ with φ = L (any square matrix, √η₀ I at the start), or with
 * `free` φ = P.
 *
 * @throws `UserError` from `init` for more than 2048 parameters.
 */
export function fullMatrix({ learningRate = 0.01, free = false }: FullMatrixOptions = {}): Parameterization {
  positive("learningRate", learningRate);
  const name = free ? "P" : "L";
  const matrix = (phi: Tensors): Tensor => free ? phi.P : tf.matMul(phi.L, phi.L, false, true);
  return {
    init: (params) => {
      const n = Object.values(params).reduce((sum, x) => sum + x.size, 0);
      if (n > LARGEST) {
        throw new UserError(
          `fullMatrix: ${n} parameters make a matrix of ${n} × ${n}; use apo-kfac or apo-diagonal`,
        );
      }
      return { [name]: tf.mul(tf.eye(n), free ? learningRate : Math.sqrt(learningRate)) };
    },
    precondition: (phi, direction) => {
      const column = tf.concat(Object.values(direction).map((d) => tf.reshape(d, [-1, 1])));
      const step = free ? tf.matMul(phi.P, column) : tf.matMul(phi.L, tf.matMul(phi.L, column, true));
      let offset = 0;
      return mapTensors(direction, (d) => {
        const part = tf.slice(step, [offset, 0], [d.size, 1]);
        offset += d.size;
        return tf.reshape(part, d.shape);
      });
    },
    scale: (phi, factor) => mapTensors(phi, (x) => tf.mul(x, free ? factor : tf.sqrt(factor))),
    describe: async (phi) => {
      const p = tf.tidy(() => matrix(phi)), n = p.shape[0];
      const values = await p.data();
      p.dispose();
      let trace = 0;
      for (let i = 0; i < n; i++) trace += values[i * n + i];
      return { "P condition": conditionNumber(values, n), "P trace/n": trace / n };
    },
  };
}
