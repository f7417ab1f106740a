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
  /** Of the module, before the entry: functions that {@linkcode code} calls. */
  readonly declarations?: string;
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
  { code, declarations, element, parts, inputs, outputs }: JointProgram,
): tf.TensorInfo[] {
  const total = parts.reduce((sum, size) => sum + size, 0), groups = Math.ceil(total / WORKGROUP);
  const columns = groups <= MOST_WORKGROUPS ? groups : Math.ceil(Math.sqrt(groups));
  const find = parts.map((_, i) =>
    `if (part == ${i} && index >= uniforms.size${i}) { index -= uniforms.size${i}; part++; }`
  );
  return runShader(backend, {
    declarations,
    body: `var index = i32((group.y * groups.x + group.x) * ${WORKGROUP}u + local);
  var part = 0;
  ${find.join("\n  ")}
${code}`,
    workgroup: WORKGROUP,
    groups: [columns, Math.ceil(groups / columns), 1],
    sizes: parts,
    elements: { inputs: element, outputs: element },
    inputs,
    outputs,
  });
}

/** A program whose workgroups share memory: anything. */
export interface SharingProgram extends Pick<JointProgram, "inputs" | "outputs"> {
  /** What WGSL has to be asked for. */
  readonly enable?: "f16";
  /** Of the module, before the entry. */
  readonly declarations?: string;
  /** Of the entry: knows `group`, `groups`, `local`, the buffers, and `uniforms.size0`, … */
  readonly body: string;
  /** Invocations of a workgroup. */
  readonly workgroup: number;
  /** Workgroups. */
  readonly groups: readonly [number, number, number];
  /** Numbers that change without another compilation. */
  readonly sizes: readonly number[];
  /** WGSL's names. */
  readonly elements: { readonly inputs: "f32" | "u32"; readonly outputs: "f32" | "u32" };
}

/** Runs a program; the outputs belong to the caller. */
export function runShader(backend: WebgpuBackend, program: SharingProgram): tf.TensorInfo[] {
  const { inputs, outputs, sizes, groups } = program;
  const made = outputs.map(({ shape, dtype }) => backend.makeTensorInfo(shape, dtype));
  for (const { dataId } of [...made, ...inputs]) backend.uploadToGPU(dataId);
  const text = shader(program), shaderKey = `joint ${text}`;
  backend.pipelineCache[shaderKey] ??= backend.device.createComputePipeline({
    layout: "auto",
    compute: { module: backend.device.createShaderModule({ code: text }), entryPoint: "_start" },
  });
  const flat = [tf.util.sizeFromShape(outputs[0].shape)];
  const runnable: ShaderProgram = {
    shaderKey,
    pipeline: backend.pipelineCache[shaderKey],
    dispatch: groups,
    outputShape: flat,
    pixelsOpType: 0, // then the uniforms are our own, after the strides of a vector: a 1
  };
  const uniforms: Uniforms = sizes.map((size) => ({ type: "int32", data: [size] }));
  const first = { dataId: made[0].dataId, shape: flat, dtype: outputs[0].dtype };
  backend.recordAndSubmit(runnable, first, [...inputs, ...made.slice(1)], uniforms);
  return made;
}

function shader(program: SharingProgram): string {
  const { enable, declarations = "", body, workgroup, sizes, elements, inputs, outputs } = program;
  // in tfjs's order: the first output, the inputs, and then what it takes for more inputs
  const names = ["out0", ...inputs.map((_, i) => `in${i}`), ...outputs.slice(1).map((_, i) => `out${i + 1}`)];
  const bindings = names.map((name, i) => {
    const [access, element] = name.startsWith("out") ? ["read_write", elements.outputs] : ["read", elements.inputs];
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${element}>;`;
  });
  return `${enable ? `enable ${enable};\n` : ""}struct Uniforms { one: i32, ${
    sizes.map((_, i) => `size${i}: i32`).join(", ")
  } };
${bindings.join("\n")}
@group(0) @binding(${names.length}) var<uniform> uniforms: Uniforms;
${declarations}
@compute @workgroup_size(${workgroup})
fn _start(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32) {
  ${body}
}`;
}
