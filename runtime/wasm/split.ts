/**
 * Parts of tensors along one axis, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { slice } from "./slice.ts";

/** What `tf.split` passes beside its tensor. */
export interface SplitAttributes {
  /** How many parts of one size, or each part's size. */
  readonly numOrSizeSplits: number | number[];
  readonly axis: number;
}

/**
 * The parts of a float32 tensor, one after another. The caller frees them.
 *
 * @returns undefined for other types.
 */
export function split(
  context: WorkContext,
  { x }: Inputs,
  { numOrSizeSplits, axis }: SplitAttributes,
): tf.TensorInfo[] | undefined {
  if (x.dtype !== "float32") return undefined;
  const [along] = tf.util.parseAxisParam(axis, x.shape), begin = x.shape.map(() => 0);
  return tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along).map((count) => {
    const size = x.shape.map((n, i) => i === along ? count : n), part = slice(context, { x }, { begin, size })!;
    begin[along] += count;
    return part;
  });
}
