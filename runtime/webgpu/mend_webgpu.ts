/**
 * Replaces kernels of tfjs's WebGPU backend that give wrong results.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { replaceKernel } from "../mend.ts";
import { addFewAtATime } from "./add_n.ts";
import { transposeFirst } from "./mat_mul.ts";
import { padAxisByAxis } from "./pad.ts";

const watched = new WeakSet<GPUDevice>();

/**
 * Makes tfjs's WebGPU kernels right where they are known not to be, and every operation that the device rejects an error: tfjs
 * lets it pass in silence, and the numbers are wrong. Call it when the backend runs.
 */
export function mendWebgpu(): void {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  if (!watched.has(device)) {
    watched.add(device);
    device.addEventListener("uncapturederror", (event) => {
      throw new Error(
        `WebGPU rejected an operation, its results are wrong: ${(event as GPUUncapturedErrorEvent).error.message}`,
      );
    });
  }
  replaceKernel("BatchMatMul", "webgpu", transposeFirst);
  replaceKernel("_FusedMatMul", "webgpu", transposeFirst);
  replaceKernel("AddN", "webgpu", addFewAtATime);
  replaceKernel("PadV2", "webgpu", padAxisByAxis);
}
