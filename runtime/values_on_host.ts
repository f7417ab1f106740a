/**
 * Looking at numbers without waiting for a device.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";
import type { WasmBackend } from "./wasm/heap.ts";
import { webgpuBackend } from "./webgpu/backend.ts";

/** A tensor's numbers, row-major, or undefined where they are on a GPU and to read them would take long. */
export function valuesOnHost(tensor: Tensor): tf.TypedArray | undefined {
  // not by dataSync where steps are recorded: it would count as reading back
  if (tf.getBackend() === "wasm" && tensor.dtype !== "string") return onHeap(tensor);
  const gpu = webgpuBackend();
  if (!gpu) return tensor.dataSync();
  const values = gpu.tensorMap.has(tensor.dataId) ? gpu.tensorMap.get(tensor.dataId).values : undefined;
  return values ? values as tf.TypedArray : undefined;
}

/** A copy. On wasm whoever looks at a step's inputs is not asked again in a replay: kernels find rows that are not there. */
function onHeap(tensor: Tensor): tf.TypedArray {
  const backend = tf.backend() as unknown as WasmBackend;
  return backend.typedArrayFromHeap(tensor).slice() as tf.TypedArray;
}
