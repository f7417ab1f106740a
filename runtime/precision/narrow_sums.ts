/**
 * Products whose sums are narrow.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Format } from "./format.ts";
import { roundResult } from "./round_result.ts";

/** How many terms are summed up in float32 before the sum is rounded: those of one instruction of a tensor core. */
const TERMS = 16;

type Call = Parameters<tf.KernelFunc>[0];

/** Along which axis of each of its operands a kernel sums up. */
const summedAxes: Readonly<Record<string, (call: Call) => Readonly<Record<string, number>>>> = {
  BatchMatMul: ({ inputs: { a, b }, attrs }) => ({
    a: a!.shape.length - (attrs!.transposeA ? 2 : 1),
    b: b!.shape.length - (attrs!.transposeB ? 1 : 2),
  }),
  Conv2D: () => ({ x: 3, filter: 2 }),
  Conv2DBackpropInput: () => ({ dy: 3, filter: 3 }),
  Conv2DBackpropFilter: () => ({ x: 0, dy: 0 }),
};

/** Whether a kernel's sums can be narrow. */
export const hasNarrowSums = (name: string): boolean => name in summedAxes;

/**
 * A product or convolution that is summed up in a narrow format: 16 terms (of a convolution 16 channels, with all places of its windows;
 * of a filter's gradient 16 images) at a time in float32, and what they add up to is rounded as often as it grows.
 *
 * @param compute The kernel, which gives one tensor.
 */
export function narrowSums(name: string, compute: tf.KernelFunc, call: Call, format: Format): tf.TensorInfo {
  const { inputs, backend, attrs } = call, axes = summedAxes[name](call);
  const [operand, axis] = Object.entries(axes)[0], terms = inputs[operand]!.shape[axis];
  const run = (kernel: string, inputs: Record<string, tf.TensorInfo>, attrs: object = {}) =>
    tf.getKernel(kernel, tf.getBackend())!.kernelFunc({
      inputs,
      backend,
      attrs: attrs as tf.NamedAttrMap,
    }) as tf.TensorInfo;
  const free = (...tensors: tf.TensorInfo[]) => tensors.forEach(({ dataId }) => tf.backend().disposeData(dataId));
  let sum: tf.TensorInfo | undefined;
  for (let from = 0; from < Math.max(1, terms); from += TERMS) {
    const parts = Object.fromEntries(
      Object.entries(axes).map(([name, axis]) => {
        const x = inputs[name]!, begin = x.shape.map((_, i) => i === axis ? from : 0);
        const size = x.shape.map((n, i) => i === axis ? Math.min(TERMS, n - from) : n);
        return [name, run("Slice", { x }, { begin, size })];
      }),
    );
    const part = roundResult(compute({ inputs: parts, backend, attrs }) as tf.TensorInfo, format);
    free(...Object.values(parts));
    if (!sum) {
      sum = part;
      continue;
    }
    const next = roundResult(run("Add", { a: sum, b: part }), format);
    free(sum, part);
    sum = next;
  }
  return sum!;
}
