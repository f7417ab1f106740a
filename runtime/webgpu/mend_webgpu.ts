/**
 * Replaces kernels of tfjs's WebGPU backend that give wrong results.
 * @module
 */
import { addKernel, replaceKernel } from "../mend.ts";
import { addFewAtATime } from "./add_n.ts";
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import { elementwise } from "./elementwise.ts";
import { transposeFirst } from "./mat_mul.ts";
import { padAxisByAxis } from "./pad.ts";
import { watchRejections } from "./rejections.ts";

/** Makes tfjs's WebGPU kernels right where they are known not to be. Call it when the backend runs. */
export function mendWebgpu(): void {
  watchRejections();
  replaceKernel("BatchMatMul", "webgpu", transposeFirst);
  replaceKernel("_FusedMatMul", "webgpu", transposeFirst);
  replaceKernel("AddN", "webgpu", addFewAtATime);
  replaceKernel("PadV2", "webgpu", padAxisByAxis);
  addKernel(ELEMENTWISE, "webgpu", elementwise);
}
