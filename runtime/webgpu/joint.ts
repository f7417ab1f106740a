/**
 * Programs that read and write several tensors in one dispatch; tfjs's write one. A dispatch costs the host as much for a bias as for
 * a large matrix.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ShaderProgram, Uniforms, WebgpuBackend } from "./backend.ts";

/** How many buffers a program may bind: what WebGPU promises. */
export const MOST_BUFFERS = 8;

const WORKGROUP = 128, MOST_WORKGROUPS = 65535; // along one axis, which WebGPU promises

/** A program in WGSL. */
export interface JointProgram {
  /**
   * Statements that compute one element: `part` says of which of the parts, `index` which of its elements. Buffers are called `in0`,
   * `in1`, …, `out0`, …; all must occur.
   */
  readonly code: string;
  /** WGSL's name of the elements of all buffers. */
  readonly element: "f32" | "u32";
  /** How many elements each part has: not empty, and one part is done after another. */
  readonly parts: readonly number[];
  /** What is read. */
  readonly inputs: readonly tf.TensorInfo[];
  /** What is written: one and more. */
  readonly outputs: readonly { readonly shape: number[]; readonly dtype: tf.DataType }[];
}

/** Runs a program; the outputs belong to the caller. */
export function runJoint(
  backend: WebgpuBackend,
  { code, element, parts, inputs, outputs }: JointProgram,
): tf.TensorInfo[] {
  const made = outputs.map(({ shape, dtype }) => backend.makeTensorInfo(shape, dtype));
  for (const { dataId } of [...made, ...inputs]) backend.uploadToGPU(dataId);
  const names = ["out0", ...inputs.map((_, i) => `in${i}`), ...outputs.slice(1).map((_, i) => `out${i + 1}`)];
  const text = shader(code, element, names, parts.length);
  const total = parts.reduce((sum, size) => sum + size, 0), groups = Math.ceil(total / WORKGROUP);
  const columns = groups <= MOST_WORKGROUPS ? groups : Math.ceil(Math.sqrt(groups));
  const shaderKey = `joint ${text}`;
  backend.pipelineCache[shaderKey] ??= backend.device.createComputePipeline({
    layout: "auto",
    compute: { module: backend.device.createShaderModule({ code: text }), entryPoint: "_start" },
  });
  const program: ShaderProgram = {
    shaderKey,
    pipeline: backend.pipelineCache[shaderKey],
    dispatch: [columns, Math.ceil(groups / columns), 1],
    outputShape: [total],
    pixelsOpType: 0, // then the uniforms are our own, after the strides of a vector: a 1
  };
  const ends: Uniforms = parts.map((size) => ({ type: "int32", data: [size] }));
  const first = { dataId: made[0].dataId, shape: [total], dtype: outputs[0].dtype };
  backend.recordAndSubmit(program, first, [...inputs, ...made.slice(1)], ends);
  return made;
}

function shader(code: string, element: string, names: readonly string[], parts: number): string {
  const sizes = Array.from({ length: parts }, (_, i) => `size${i}`);
  const bindings = names.map((name, i) =>
    `@group(0) @binding(${i}) var<storage, ${
      name.startsWith("out") ? "read_write" : "read"
    }> ${name}: array<${element}>;`
  );
  return `struct Uniforms { one: i32, ${sizes.map((size) => `${size}: i32`).join(", ")} };
${bindings.join("\n")}
@group(0) @binding(${names.length}) var<uniform> uniforms: Uniforms;
@compute @workgroup_size(${WORKGROUP})
fn _start(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  var index = i32((group.y * groups.x + group.x) * ${WORKGROUP}u + local);
  var part = 0;
${
    sizes.map((size, i) => `  if (part == ${i} && index >= uniforms.${size}) { index -= uniforms.${size}; part++; }`)
      .join("\n")
  }
${code}
}`;
}
