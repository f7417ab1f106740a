/**
 * Whether all numbers of many tensors are finite, on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebgpuBackend } from "./backend.ts";
import { MOST_BUFFERS, runShader, type SharingProgram } from "./joint.ts";
import { free, type KernelCall } from "./kernel_call.ts";

const WORKGROUP = 256, GROUPS = 16, TOGETHER = MOST_BUFFERS - 1;

/** A boolean scalar: the sum of all is finite. Seven tensors share a dispatch, and a last one adds up what is left of them. */
export function allFinite(call: KernelCall): tf.TensorInfo {
  const backend = call.backend as unknown as WebgpuBackend;
  let tensors = Object.values(call.inputs as Record<string, tf.TensorInfo>), made: tf.TensorInfo[] = [];
  do {
    const sums: tf.TensorInfo[] = [];
    for (let start = 0; start < tensors.length; start += TOGETHER) {
      sums.push(partialSums(backend, tensors.slice(start, start + TOGETHER)));
    }
    made.forEach((tensor) => free(call, tensor));
    made = tensors = sums;
  } while (tensors.length > TOGETHER);
  const [verdict] = runShader(backend, {
    ...summing(
      tensors,
      1,
      "if (local == 0u) { out0[0] = select(1u, 0u, (bitcast<u32>(sums[0]) & 0x7f800000u) == 0x7f800000u); }",
    ),
    groups: [1, 1, 1],
    elements: { inputs: "f32", outputs: "u32" },
    outputs: [{ shape: [], dtype: "bool" }],
  });
  made.forEach((tensor) => free(call, tensor));
  return verdict;
}

/** Sums whose sum is that of all elements. */
function partialSums(backend: WebgpuBackend, tensors: readonly tf.TensorInfo[]): tf.TensorInfo {
  return runShader(backend, {
    ...summing(tensors, GROUPS, "if (local == 0u) { out0[group.x] = sums[0]; }"),
    groups: [GROUPS, 1, 1],
    elements: { inputs: "f32", outputs: "f32" },
    outputs: [{ shape: [GROUPS], dtype: "float32" }],
  })[0];
}

/** Each workgroup adds up its share of every tensor. */
function summing(inputs: readonly tf.TensorInfo[], groups: number, end: string) {
  const loops = inputs.map((_, i) =>
    `for (var i = first; i < uniforms.size${i}; i += ${WORKGROUP * groups}) { sum += in${i}[i]; }`
  );
  return {
    inputs,
    sizes: inputs.map(({ shape }) => tf.util.sizeFromShape(shape)),
    workgroup: WORKGROUP,
    declarations: `var<workgroup> sums: array<f32, ${WORKGROUP}>;`,
    body: `let first = i32(group.x * ${WORKGROUP}u + local);
  var sum = 0.0;
  ${loops.join("\n  ")}
  sums[local] = sum;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (local < half) { sums[local] += sums[local + half]; }
    workgroupBarrier();
  }
  ${end}`,
  } satisfies Partial<SharingProgram>;
}
