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
  if (gpu && !(gpu.tensorMap.has(tensor.dataId) && gpu.tensorMap.get(tensor.dataId).values)) return undefined;
  return tensor.dataSync();
}
