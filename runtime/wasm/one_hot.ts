/**
 * One-hot vectors on wasm. tfjs writes four bytes a number and takes every number for a whole one: float32 gets the bits of integers,
 * and bool, of one byte, what lies behind it is overwritten.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";

/** What `tf.oneHot` passes beside its tensor. */
export interface OneHotAttributes {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: tf.DataType;
}

/** `[…shape of indices, depth]`: `onValue` at each index that lies in 0 … depth − 1, else `offValue`. The caller frees the result. */
export function oneHot(
  { backend }: WorkContext,
  { indices }: Inputs,
  { depth, onValue, offValue, dtype }: OneHotAttributes,
): tf.TensorInfo {
  const out = backend.makeOutput([...indices.shape, depth], dtype), to = backend.typedArrayFromHeap(out).fill(offValue);
  backend.typedArrayFromHeap(indices).forEach((index, i) => {
    if (index >= 0 && index < depth) to[i * depth + index] = onValue;
  });
  return out;
}
