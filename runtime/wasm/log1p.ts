/**
 * log(1 + x) on wasm: tfjs's computes the sum first and so loses the digits of a small x.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";

/** log(1 + x) for float32 x. The caller frees the result. */
export function log1p({ backend }: WorkContext, { x }: Inputs): tf.TensorInfo {
  const out = backend.makeOutput(x.shape, "float32");
  const from = backend.typedArrayFromHeap(x), to = backend.typedArrayFromHeap(out);
  for (let i = 0; i < from.length; i++) to[i] = Math.log1p(from[i]);
  return out;
}
