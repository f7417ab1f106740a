/**
 * Matrix decompositions by a library, in float64, where the host can read the backend's memory at once.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { Matrix } from "ml-matrix";
import { formatNow } from "../precision/scope.ts";
import type { Tensor } from "../tensor.ts";

/**
 * `f` of each of the matrices `[batch, n, n]`, or undefined on WebGPU, whose memory cannot be read within a step, and where results
 * are rounded to a narrow format: the caller goes the way of matrix products then. A matrix with a value that is not finite gives NaN.
 */
export function onHost(m: Tensor, f: (matrix: Matrix) => Matrix): Tensor | undefined {
  if (tf.getBackend() === "webgpu" || formatNow()) return undefined; // nothing on the host rounds
  const [batch, n] = m.shape as number[], values = m.dataSync(), results = new Float32Array(values.length);
  for (let i = 0; i < batch; i++) {
    const own = values.subarray(i * n * n, (i + 1) * n * n);
    const finite = own.every(Number.isFinite);
    results.set(finite ? f(Matrix.from1DArray(n, n, own)).to1DArray() : new Array(n * n).fill(NaN), i * n * n);
  }
  return tf.tensor(results, [batch, n, n]);
}
