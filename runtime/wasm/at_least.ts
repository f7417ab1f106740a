/**
 * Comparisons with one number on wasm, as every dropout makes one; tfjs's take one number at a time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/**
 * a ≥ b for float32 a and one float32 number b. The caller frees the result, of type bool.
 *
 * @returns undefined for other types, and where b is more than one number.
 */
export function atLeast(context: WorkContext, { a, b }: Inputs): tf.TensorInfo | undefined {
  const { backend } = context;
  const floats = a.dtype === "float32" && b.dtype === "float32", count = tf.util.sizeFromShape(a.shape);
  if (!floats || tf.util.sizeFromShape(b.shape) !== 1 || b.shape.length > a.shape.length) return undefined;
  const out = backend.makeOutput(a.shape, "bool"), [least] = backend.typedArrayFromHeap(b);
  const [at, to] = [a, out].map((tensor) => addressOf(backend, tensor));
  along(context, "atLeast", { count, unit: 16, work: NUMBER * count }, ({ from, size }) => {
    return [at + 4 * from, least, size, to + from];
  });
  return out;
}
