/**
 * Inner products of many tensors on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

/** Σ over pairs of ⟨a, b⟩, a scalar, which the caller frees. Inputs `a0`, `b0`, `a1`, … */
export function innerProduct(backend: WasmBackend, given: Readonly<Record<string, tf.TensorInfo>>): tf.TensorInfo {
  const { dot } = kernels(backend), out = backend.makeOutput([], "float32");
  let sum = 0;
  for (let i = 0; given[`a${i}`] !== undefined; i++) {
    const [a, b] = [given[`a${i}`], given[`b${i}`]];
    sum += dot(addressOf(backend, a), addressOf(backend, b), tf.util.sizeFromShape(a.shape));
  }
  backend.typedArrayFromHeap(out)[0] = sum;
  return out;
}
