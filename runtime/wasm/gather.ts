/**
 * Rows of tables by their numbers on wasm; tfjs looks up each number of each row.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** What `tf.gather` passes beside its tensors. */
export interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number;
}

/**
 * The rows of a float32 `x` `[entries, …row]` with the numbers `indices`, int32: `[…shape of indices, …row]`. The caller frees the
 * result.
 *
 * @returns undefined for other types and axes, and for numbers that no row has: tfjs says which.
 */
export function gather(
  { backend, kernels }: WorkContext,
  { x, indices }: Inputs,
  { axis, batchDims }: GatherAttributes,
): tf.TensorInfo | undefined {
  const [entries, ...row] = x.shape, numbers = backend.typedArrayFromHeap(indices);
  const plain = x.dtype === "float32" && tf.util.parseAxisParam(axis, x.shape)[0] === 0 && batchDims === 0;
  if (!plain || !numbers.every((number) => number >= 0 && number < entries)) return undefined;
  const out = backend.makeOutput([...indices.shape, ...row], "float32");
  const [table, at, to] = [x, indices, out].map((tensor) => addressOf(backend, tensor));
  kernels.gatherRows(table, at, numbers.length, tf.util.sizeFromShape(row), to);
  return out;
}
