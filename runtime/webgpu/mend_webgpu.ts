/**
 * Replaces kernels of tfjs's WebGPU backend that give wrong results.
 * @module
 */
import { replaceKernel } from "../mend.ts";
import { transposeFirst } from "./mat_mul.ts";
import { padAxisByAxis } from "./pad.ts";

/** Makes tfjs's WebGPU kernels right where they are known not to be. Call it after the backend has been imported. */
export function mendWebgpu(): void {
  replaceKernel("BatchMatMul", "webgpu", transposeFirst);
  replaceKernel("_FusedMatMul", "webgpu", transposeFirst);
  replaceKernel("PadV2", "webgpu", padAxisByAxis);
}
