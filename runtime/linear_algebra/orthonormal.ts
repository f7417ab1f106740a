/**
 * Orthonormal columns.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { QrDecomposition } from "ml-matrix";
import { inPart } from "../precision/scope.ts";
import type { Tensor } from "../tensor.ts";
import { onHost } from "./on_host.ts";

/**
 * The Q of the QR decompositions of square matrices `[batch, n, n]` of full rank, up to the signs of columns: by Householder's
 * method on the host, on WebGPU by classical Gram–Schmidt, each column projected twice ("twice is enough": Giraud et al. 2005).
 */
export function orthonormal(m: Tensor): Tensor {
  return inPart(
    "inverses",
    () => onHost(m, (matrix) => new QrDecomposition(matrix).orthogonalMatrix) ?? gramSchmidt(m),
  );
}

/** The way of WebGPU. */
export function gramSchmidt(m: Tensor): Tensor {
  return tf.tidy(() => {
    const [batch, n] = m.shape as number[];
    const eye = tf.eye(n), scaled = tf.div(m, tf.max(tf.abs(m), [1, 2], true)); // else small columns' squares vanish
    let q: Tensor = tf.zeros([batch, n, n]);
    for (let column = 0; column < n; column++) {
      const next = tf.tidy(() => {
        let v: Tensor = tf.slice(scaled, [0, 0, column], [-1, n, 1]);
        for (let pass = 0; pass < (column === 0 ? 0 : 2); pass++) {
          v = tf.sub(v, tf.matMul(q, tf.matMul(q, v, true)));
        }
        const unit = tf.div(v, tf.norm(v, "euclidean", 1, true));
        return tf.add(q, tf.mul(unit, tf.slice(eye, [column, 0], [1, n])));
      });
      q.dispose();
      q = next;
    }
    return q;
  });
}
