/**
 * Kernels of the wasm backend as functions with types.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";

/** What a kernel is called with, typed by the kernel's own contract, which tfjs's types do not carry. */
export function kernel<Attributes>(
  compute: (
    backend: WasmBackend,
    inputs: Record<string, tf.TensorInfo>,
    attributes: Attributes,
  ) => tf.TensorInfo | tf.TensorInfo[],
): tf.KernelFunc {
  return ({ inputs, backend, attrs }) =>
    compute(backend as WasmBackend, inputs as Record<string, tf.TensorInfo>, attrs as Attributes);
}
