/**
 * Replaces kernels of tfjs's WebGPU backend that give wrong results.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { addKernel, replaceKernel } from "../mend.ts";
import { SELECT } from "../select.ts";
import { ROW_LOSS } from "../row_loss.ts";
import { halfKernel } from "../precision/half_products.ts";
import { ROUND } from "../precision/round.ts";
import { ROUND_RESULT } from "../precision/round_result.ts";
import { round, roundResult } from "./round.ts";
import { rowLoss } from "./row_loss.ts";
import { ALL_FINITE } from "../all_finite.ts";
import { INNER_PRODUCT } from "../tree.ts";
import { DRAW } from "../chance.ts";
import { PARITY_SIGNS, RANDOM_LINES } from "../parity_signs.ts";
import { BATCH_NORM, BATCH_NORM_GRADIENT, NORMALIZE } from "../batch_norm.ts";
import { addFewAtATime } from "./add_n.ts";
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import { webgpuBackend } from "./backend.ts";
import { batchNorm, batchNormGradient, normalize } from "./batch_norm.ts";
import { castInFull } from "./cast.ts";
import { draw, paritySigns, randomLines } from "./chance.ts";
import { elementwiseEach } from "./elementwise.ts";
import { halfConvolution, halfFilterGradient, halfInputGradient } from "./half_convolution.ts";
import { hasHalf } from "./half_device.ts";
import { halfMatMul } from "./half_product.ts";
import { watchLoss } from "./loss.ts";
import { transposeFirst } from "./mat_mul.ts";
import { selectEach } from "./select.ts";
import { allFinite, innerProduct } from "./sums.ts";
import { padAxisByAxis } from "./pad.ts";
import { watchRejections } from "./rejections.ts";

/** Makes tfjs's WebGPU kernels right where they are known not to be. Call it when the backend runs. */
export function mendWebgpu(): void {
  watchRejections();
  watchLoss();
  // Or tfjs computes small tensors that are still on the host on the CPU: other bits than the device's for the same operation, so that
  // where a tensor happens to be would show, and work that a captured step (capture/) never gets to see.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  replaceKernel("BatchMatMul", "webgpu", transposeFirst);
  replaceKernel("_FusedMatMul", "webgpu", transposeFirst);
  replaceKernel("AddN", "webgpu", addFewAtATime);
  replaceKernel("PadV2", "webgpu", padAxisByAxis);
  replaceKernel("Cast", "webgpu", castInFull);
  addKernel(ELEMENTWISE, "webgpu", elementwiseEach);
  addKernel(DRAW, "webgpu", draw);
  addKernel(RANDOM_LINES, "webgpu", randomLines);
  addKernel(PARITY_SIGNS, "webgpu", paritySigns);
  addKernel(ROUND, "webgpu", round);
  addKernel(ROUND_RESULT, "webgpu", roundResult);
  addKernel(ROW_LOSS, "webgpu", rowLoss);
  addKernel(BATCH_NORM, "webgpu", batchNorm);
  addKernel(BATCH_NORM_GRADIENT, "webgpu", batchNormGradient);
  addKernel(NORMALIZE, "webgpu", normalize);
  addKernel(ALL_FINITE, "webgpu", allFinite);
  addKernel(INNER_PRODUCT, "webgpu", innerProduct);
  addKernel(SELECT, "webgpu", selectEach);
  for (const [name, kernel] of Object.entries(halves)) {
    const half = halfKernel(name);
    if (hasHalf(webgpuBackend()!.device)) addKernel(half, "webgpu", kernel);
    else if (tf.getKernel(half, "webgpu")) tf.unregisterKernel(half, "webgpu"); // of a device that was lost
  }
}

/** What a device with half precision computes in it, by the kernel that it stands for. */
const halves: Readonly<Record<string, tf.KernelFunc>> = {
  BatchMatMul: halfMatMul,
  Conv2D: halfConvolution,
  Conv2DBackpropInput: halfInputGradient,
  Conv2DBackpropFilter: halfFilterGradient,
};
