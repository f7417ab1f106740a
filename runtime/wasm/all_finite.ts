/**
 * The test that every number is finite, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** Whether every element is finite: a boolean scalar, which the caller frees. */
export function allFinite({ backend, kernels, finite }: WorkContext, tensors: Inputs): tf.TensorInfo {
  const out = backend.makeOutput([], "bool");
  const all = Object.values(tensors).every((tensor) => {
    if (finite.has(tensor.dataId)) return true;
    const at = addressOf(backend, tensor); // Σ (x − x)² is 0, or NaN where an x is not finite
    return kernels.squaredDistance(at, at, tf.util.sizeFromShape(tensor.shape)) === 0;
  });
  backend.typedArrayFromHeap(out)[0] = Number(all);
  return out;
}
