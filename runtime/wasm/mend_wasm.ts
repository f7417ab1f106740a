/**
 * Replaces and adds kernels of tfjs's wasm backend.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { addKernel, replaceKernel } from "../mend.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import { convFilterGradient } from "./conv_filter_gradient.ts";
import { convInputGradient } from "./conv_input_gradient.ts";
import type { ConvolutionAttributes } from "./convolution.ts";
import { type FusedAttributes, fusedMatMul } from "./fused_mat_mul.ts";
import { alias, type WasmBackend } from "./heap.ts";
import { log1p } from "./log1p.ts";
import { segmentSum } from "./segment_sum.ts";

type Shape4 = [number, number, number, number];

/** What a kernel is called with, typed by the kernel's own contract, which tfjs's types do not carry. */
function kernel<Attributes>(
  compute: (backend: WasmBackend, inputs: Record<string, tf.TensorInfo>, attributes: Attributes) => tf.TensorInfo,
): tf.KernelFunc {
  return ({ inputs, backend, attrs }) =>
    compute(backend as WasmBackend, inputs as Record<string, tf.TensorInfo>, attrs as Attributes);
}

const isFloat = ({ inputs: { a, b } }: Parameters<tf.KernelFunc>[0]) =>
  a!.dtype === "float32" && b!.dtype === "float32";

/** Makes training on wasm complete, right and several times faster. Call it after the backend has been imported. */
export function mendWasm(): void {
  replaceKernel("BatchMatMul", "wasm", (original) => {
    const mended = kernel<{ transposeA: boolean; transposeB: boolean }>((backend, { a, b }, attributes) =>
      batchMatMul(backend, a, b, attributes.transposeA, attributes.transposeB)
    );
    return (call) => isFloat(call) ? mended(call) : original(call); // tfjs's message for other types
  });
  replaceKernel("_FusedMatMul", "wasm", (original) => {
    const mended = kernel<FusedAttributes>(fusedMatMul);
    return (call) => isFloat(call) ? mended(call) : original(call);
  });
  // tfjs copies; every gradient saves clones of its inputs, and relu's casts float32 to float32
  replaceKernel("Identity", "wasm", () => kernel((backend, { x }) => alias(backend, x)));
  replaceKernel("Cast", "wasm", (original) => {
    const same = kernel((backend, { x }) => alias(backend, x));
    return (call) => call.inputs.x!.dtype === call.attrs!.dtype ? same(call) : original(call);
  });
  replaceKernel("Log1p", "wasm", () => kernel((backend, { x }) => log1p(backend, x)));
  replaceKernel(
    "Conv2DBackpropInput",
    "wasm",
    () =>
      kernel<ConvolutionAttributes & { inputShape: Shape4 }>((backend, { dy, filter }, attributes) =>
        convInputGradient(backend, dy, filter, attributes.inputShape, attributes)
      ),
  );
  addKernel(
    "Conv2DBackpropFilter",
    "wasm",
    kernel<ConvolutionAttributes & { filterShape: Shape4 }>((backend, { x, dy }, attributes) =>
      convFilterGradient(backend, x, dy, attributes.filterShape, attributes)
    ),
  );
  addKernel(
    "UnsortedSegmentSum",
    "wasm",
    kernel<{ numSegments: number }>((backend, { x, segmentIds }, { numSegments }) =>
      segmentSum(backend, x, segmentIds, numSegments)
    ),
  );
}
