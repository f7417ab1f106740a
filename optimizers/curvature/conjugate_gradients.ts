/**
 * Linear systems by conjugate gradients.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positiveWhole } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { finiteOrNan, innerProduct, mapTensors, squarable } from "../../runtime/tree.ts";

/**
 * M⁻¹ b after so many iterations of conjugate gradients from 0 (Hestenes & Stiefel 1952), for a symmetric positive definite
 * M. Nothing is read back: once the residual is 0 the iterations change nothing. NaN where an inner product leaves float32. Call it
 * inside `tf.tidy`.
 *
 * @throws `UserError` for iterations that are no positive whole number.
 */
export function conjugateGradients(product: (v: Tensors) => Tensors, b: Tensors, iterations: number): Tensors {
  positiveWhole("iterations", iterations);
  const combined = (a: Tensors, scale: tf.Tensor, c: Tensors): Tensors =>
    mapTensors(a, (x, name) => tf.add(x, tf.mul(scale, c[name])));
  const { scaled, scale } = squarable(b);
  let solution = mapTensors(b, (x) => tf.zerosLike(x)), residual = scaled, search = scaled;
  let norm = innerProduct(scaled, scaled);
  for (let i = 0; i < iterations; i++) {
    const along = product(search), step = tf.divNoNan(norm, finiteOrNan(innerProduct(search, along)));
    solution = combined(solution, step, search);
    residual = combined(residual, tf.neg(step), along);
    const next = innerProduct(residual, residual);
    search = combined(residual, tf.divNoNan(next, norm), search);
    norm = next;
  }
  return mapTensors(solution, (x) => tf.div(x, scale));
}
