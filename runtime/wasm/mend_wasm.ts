/**
 * Replaces and adds kernels of tfjs's wasm backend.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { addKernel, replaceKernel } from "../mend.ts";
import { addRow } from "./add_row.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import {
  convolution,
  type ConvolutionAttributes,
  filterGradient,
  inputGradient,
  maxPoolGradient,
  type PoolAttributes,
} from "./convolution.ts";
import { kernel } from "./kernel.ts";
import { addOwnKernels } from "./own_kernels.ts";
import { type FusedAttributes, fusedMatMul } from "./fused_mat_mul.ts";
import { alias, type WasmBackend } from "./heap.ts";
import { hasRelaxedSimd, STRICT } from "./kernels.ts";
import { map, maps } from "./maps.ts";
import { log1p } from "./log1p.ts";
import { segmentSum } from "./segment_sum.ts";
import { sum, type SumAttributes } from "./sum.ts";

type Shape4 = [number, number, number, number];

const isFloat = ({ inputs: { a, b } }: Parameters<tf.KernelFunc>[0]) =>
  a!.dtype === "float32" && b!.dtype === "float32";

/** A convolution without dilation, channels last. */
function isPlain({ inputs: { x, filter }, attrs }: Parameters<tf.KernelFunc>[0]): boolean {
  const { dilations, dataFormat } = attrs as unknown as { dilations: number | [number, number]; dataFormat: string };
  return [dilations].flat().every((dilation) => dilation === 1) && dataFormat === "NHWC" &&
    x!.dtype === "float32" && filter!.dtype === "float32";
}

/**
 * Makes training on wasm complete, right and several times faster. Call it after the backend has been imported.
 *
 * @param strict Whether products should have the same bits on every processor.
 * @returns Whether they have.
 */
export function mendWasm(strict: boolean): boolean {
  const isStrict = strict || !hasRelaxedSimd();
  tf.env().registerFlag(STRICT, () => true);
  tf.env().set(STRICT, isStrict);
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
  replaceKernel("Add", "wasm", (original) => {
    const mended = ({ inputs: { a, b }, backend }: Parameters<tf.KernelFunc>[0]) =>
      addRow(backend as WasmBackend, a!, b!);
    return (call) => mended(call) ?? original(call);
  });
  replaceKernel("Sum", "wasm", (original) => {
    const mended = ({ inputs: { x }, backend, attrs }: Parameters<tf.KernelFunc>[0]) =>
      sum(backend as WasmBackend, x!, attrs as unknown as SumAttributes);
    return (call) => mended(call) ?? original(call);
  });
  // tfjs copies; every gradient saves clones of its inputs, and relu's casts float32 to float32
  replaceKernel("Identity", "wasm", () => kernel((backend, { x }) => alias(backend, x)));
  replaceKernel("Cast", "wasm", (original) => {
    const same = kernel((backend, { x }) => alias(backend, x));
    return (call) => call.inputs.x!.dtype === call.attrs!.dtype ? same(call) : original(call);
  });
  replaceKernel("Log1p", "wasm", () => kernel((backend, { x }) => log1p(backend, x)));
  replaceKernel("Conv2D", "wasm", (original) => {
    const mended = kernel<ConvolutionAttributes>((backend, { x, filter }, attributes) =>
      convolution(backend, x, filter, attributes)
    );
    return (call) => isPlain(call) ? mended(call) : original(call);
  });
  replaceKernel(
    "Conv2DBackpropInput",
    "wasm",
    () =>
      kernel<ConvolutionAttributes & { inputShape: Shape4 }>((backend, { dy, filter }, attributes) =>
        inputGradient(backend, dy, filter, attributes.inputShape, attributes)
      ),
  );
  replaceKernel(
    "MaxPoolGrad",
    "wasm",
    () =>
      kernel<PoolAttributes>((backend, { dy, input }, attributes) => maxPoolGradient(backend, dy, input, attributes)),
  );
  for (const name of Object.keys(maps) as (keyof typeof maps)[]) {
    replaceKernel(name, "wasm", (original) => {
      const mended = kernel((backend, { x }) => map(backend, name, x));
      return (call) => call.inputs.x!.dtype === "float32" ? mended(call) : original(call);
    });
  }
  addKernel(
    "Conv2DBackpropFilter",
    "wasm",
    kernel<ConvolutionAttributes & { filterShape: Shape4 }>((backend, { x, dy }, attributes) =>
      filterGradient(backend, x, dy, attributes.filterShape, attributes)
    ),
  );
  addKernel(
    "UnsortedSegmentSum",
    "wasm",
    kernel<{ numSegments: number }>((backend, { x, segmentIds }, { numSegments }) =>
      segmentSum(backend, x, segmentIds, numSegments)
    ),
  );
  addOwnKernels();
  return isStrict;
}
