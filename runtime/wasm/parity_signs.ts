/**
 * Matrices of signs on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** −1 where `rows[i] & columns[j]` has an odd number of bits, else 1. The caller frees it. */
export function paritySigns({ backend, kernels }: WorkContext, { rows, columns }: Inputs): tf.TensorInfo {
  const [height] = rows.shape, [width] = columns.shape, out = backend.makeOutput([height, width], "float32");
  const [left, right, to] = [rows, columns, out].map((tensor) => addressOf(backend, tensor));
  kernels.paritySigns(left, height, right, width, to);
  return out;
}
