/**
 * Choices between tensors on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebgpuBackend } from "./backend.ts";
import { MOST_BUFFERS, runJoint } from "./joint.ts";
import type { KernelCall } from "./kernel_call.ts";

const TOGETHER = Math.floor((MOST_BUFFERS - 1) / 3);

/** For each i `yes` i where the condition holds, else `no` i: inputs `condition`, `yes0`, `no0`, … */
export function selectEach({ inputs, backend }: KernelCall): tf.TensorInfo[] {
  const given = inputs as Record<string, tf.TensorInfo>, count = (Object.keys(given).length - 1) / 2;
  const results: tf.TensorInfo[] = [];
  for (let start = 0; start < count; start += TOGETHER) {
    const which = Array.from({ length: Math.min(TOGETHER, count - start) }, (_, i) => start + i);
    const cases = which.map((_, i) =>
      `if (part == ${i}) { out${i}[index] = select(in${2 * i + 2}[index], in${2 * i + 1}[index], in0[0] != 0u); }`
    );
    results.push(...runJoint(backend as unknown as WebgpuBackend, {
      code: cases.join("\n"),
      element: "u32",
      parts: which.map((i) => tf.util.sizeFromShape(given[`yes${i}`].shape)),
      inputs: [given.condition, ...which.flatMap((i) => [given[`yes${i}`], given[`no${i}`]])],
      outputs: which.map((i) => given[`yes${i}`]),
    }));
  }
  return results;
}
