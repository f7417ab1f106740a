/**
 * Looking at numbers without waiting for a device.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";
import { webgpuBackend } from "./webgpu/backend.ts";

/** A tensor's numbers, row-major, or undefined where they are on a GPU and to read them would take long. */
export function valuesOnHost(tensor: Tensor): tf.TypedArray | undefined {
  const gpu = webgpuBackend();
  if (!gpu) return tensor.dataSync();
  // not by dataSync: a step that is being recorded would count as one that reads back
  const values = gpu.tensorMap.has(tensor.dataId) ? gpu.tensorMap.get(tensor.dataId).values : undefined;
  return values ? values as tf.TypedArray : undefined;
}
