/**
 * Replaces and adds kernels of tfjs's wasm backend.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { addKernel, replaceKernel } from "../mend.ts";
import { ALL_FINITE } from "../all_finite.ts";
import { allFinite } from "./all_finite.ts";
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
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import type { Program } from "../elementwise/program.ts";
import { KRONECKER, KRONECKER_GRADIENTS } from "../kronecker.ts";
import { elementwise } from "./elementwise.ts";
import { type FusedAttributes, fusedMatMul } from "./fused_mat_mul.ts";
import { alias, type WasmBackend } from "./heap.ts";
import { kronecker, kroneckerGradients } from "./kronecker.ts";
import { hasRelaxedSimd, STRICT } from "./kernels.ts";
import { map, maps } from "./maps.ts";
import { log1p } from "./log1p.ts";
import { ROW_LOSS } from "../row_loss.ts";
import { rowLoss, type RowLossAttributes } from "./row_loss.ts";
import { segmentSum } from "./segment_sum.ts";
import { sum, type SumAttributes } from "./sum.ts";

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
  addKernel(ELEMENTWISE, "wasm", ({ inputs, backend, attrs }) => {
    const { program, shared } = attrs as unknown as { program: Program; shared: string[] };
    return elementwise(backend as WasmBackend, inputs as Record<string, tf.TensorInfo>, program, shared);
  });
  addKernel(ALL_FINITE, "wasm", kernel(allFinite));
  addKernel(KRONECKER, "wasm", kernel(kronecker));
  addKernel(
    ROW_LOSS,
    "wasm",
    ({ inputs, backend, attrs }) =>
      rowLoss(backend as WasmBackend, inputs as Record<string, tf.TensorInfo>, attrs as unknown as RowLossAttributes),
  );
  addKernel(
    KRONECKER_GRADIENTS,
    "wasm",
    ({ inputs, backend }) =>
      kroneckerGradients(backend as WasmBackend, inputs as Record<string, tf.TensorInfo | undefined>),
  );
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
  return isStrict;
}
