/**
 * Rows with one number apart from the others, on wasm: tfjs writes the bits of whole numbers also where the type is float32.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";

/** What `tf.oneHot` passes beside its tensor. */
export interface OneHotAttributes {
  readonly depth: number;
  readonly dtype: tf.DataType;
  readonly onValue: number;
  readonly offValue: number;
}

/**
 * For each index a row of `depth` numbers, `offValue` but for `onValue` at the index, if it has such a place. The caller frees it.
 *
 * @returns undefined for types other than float32.
 */
export function oneHot(
  { backend }: WorkContext,
  { indices }: Inputs,
  { depth, dtype, onValue, offValue }: OneHotAttributes,
): tf.TensorInfo | undefined {
  if (dtype !== "float32") return undefined;
  const out = backend.makeOutput([...indices.shape, depth], dtype), to = backend.typedArrayFromHeap(out);
  to.fill(offValue);
  backend.typedArrayFromHeap(indices).forEach((place, row) => {
    if (place >= 0 && place < depth) to[row * depth + place] = onValue;
  });
  return out;
}
