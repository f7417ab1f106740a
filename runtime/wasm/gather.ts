/**
 * Look-ups of rows on wasm, as of an embedding; tfjs looks each number's place up.
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
 * x's places along the first axis that are listed, in the list's order. The caller frees the result.
 *
 * @param inputs `x` `[places, …row]`, float32 or int32, and `indices`, int32.
 * @returns undefined for other axes and types, and where there is no such place: then tfjs says so.
 */
export function gather(
  { backend, kernels }: WorkContext,
  { x, indices }: Inputs,
  { axis, batchDims }: GatherAttributes,
): tf.TensorInfo | undefined {
  const [places, ...row] = x.shape, floats = x.dtype === "float32" || x.dtype === "int32";
  const isFirst = axis === 0 || axis === -x.shape.length;
  if (!floats || indices.dtype !== "int32" || !isFirst || batchDims !== 0) return undefined;
  const numbers = backend.typedArrayFromHeap(indices), count = numbers.length; // the view ends where the memory grows
  if (!numbers.every((place) => place >= 0 && place < places)) return undefined;
  const out = backend.makeOutput([...indices.shape, ...row], x.dtype);
  const [from, at, to] = [x, indices, out].map((tensor) => addressOf(backend, tensor));
  kernels.gatherRows(from, at, count, tf.util.sizeFromShape(row), to);
  return out;
}
