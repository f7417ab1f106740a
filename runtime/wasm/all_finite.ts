/**
 * The test that every number is finite, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

const known = new WeakMap<object, boolean>();

/** Keeps what a kernel has found about its result on the way: tensors do not change. */
export function noteFinite(dataId: object, finite: boolean): void {
  known.set(dataId, finite);
}

/** Whether every element is finite: a boolean scalar, which the caller frees. */
export function allFinite(backend: WasmBackend, tensors: Readonly<Record<string, tf.TensorInfo>>): tf.TensorInfo {
  const { squaredDistance } = kernels(backend);
  const out = backend.makeOutput([], "bool");
  const finite = Object.values(tensors).every((tensor) => {
    const noted = known.get(tensor.dataId);
    if (noted !== undefined) return noted;
    const at = addressOf(backend, tensor); // Σ (x − x)² is 0, or NaN where an x is not finite
    return squaredDistance(at, at, tf.util.sizeFromShape(tensor.shape)) === 0;
  });
  backend.typedArrayFromHeap(out)[0] = Number(finite);
  return out;
}
