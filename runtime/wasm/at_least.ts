/**
 * Comparisons with one number on wasm, as every dropout makes one; tfjs's take one number at a time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/**
 * a ≥ b for float32 a and one float32 number b. The caller frees the result, of type bool.
 *
 * @returns undefined for other types, and where b is more than one number.
 */
export function atLeast({ backend, kernels }: WorkContext, { a, b }: Inputs): tf.TensorInfo | undefined {
  const floats = a.dtype === "float32" && b.dtype === "float32", count = tf.util.sizeFromShape(a.shape);
  if (!floats || tf.util.sizeFromShape(b.shape) !== 1 || b.shape.length > a.shape.length) return undefined;
  const out = backend.makeOutput(a.shape, "bool"), [least] = backend.typedArrayFromHeap(b);
  kernels.atLeast(addressOf(backend, a), least, count, addressOf(backend, out));
  return out;
}
