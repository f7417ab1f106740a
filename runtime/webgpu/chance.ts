/**
 * Random numbers, and signs made of them, on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DrawAttributes } from "../chance.ts";
import { type LineAttributes, SIGNS_FROM } from "../parity_signs.ts";
import { PARITY, ROTATIONS } from "../threefry.ts";
import type { WebgpuBackend } from "./backend.ts";
import { runShader } from "./joint.ts";
import type { KernelCall } from "./kernel_call.ts";

const WORKGROUP = 64, MOST_WORKGROUPS = 65535; // along one axis, which WebGPU promises

/** WGSL's `threefry(key, counter)`: two random words. */
const THREEFRY = `fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let key0 = key.x;
  let key1 = key.y;
  let key2 = ${PARITY}u ^ key.x ^ key.y;
  var x = counter + key;
  ${
  [1, 2, 3, 4, 5].map((group) => {
    const rounds = [0, 1, 2, 3].map((i) => {
      const rotation = ROTATIONS[(4 * (group - 1) + i) % 8];
      return `x.x += x.y; x.y = ((x.y << ${rotation}u) | (x.y >> ${32 - rotation}u)) ^ x.x;`;
    });
    return `${rounds.join("\n  ")}\n  x += vec2<u32>(key${group % 3}, key${(group + 1) % 3} + ${group}u);`;
  }).join("\n  ")
}
  return x;
}`;

const numbers: Readonly<Record<DrawAttributes["form"], string>> = {
  uniform: "f32(word >> 8u) * 0x1p-24f",
  signs: "select(1.0, -1.0, (word >> 31u) == 1u)",
};

/** As `runtime/chance.ts` says. */
export function draw({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const { form, key, shape } = attrs as unknown as DrawAttributes, size = tf.util.sizeFromShape([...shape]);
  return runShader(backend as unknown as WebgpuBackend, {
    inputs: [inputs.step!],
    outputs: [{ shape: [...shape], dtype: "float32" }],
    sizes: [...key.map((word) => word | 0), size],
    elements: { inputs: "u32", outputs: "f32" },
    ...groupsFor(Math.ceil(size / 2)),
    declarations: `${THREEFRY}
fn number(word: u32) -> f32 { return ${numbers[form]}; }`,
    body: `let pair = ${INVOCATION};
  let first = 2u * pair;
  let size = u32(uniforms.size2);
  if (first >= size) { return; }
  let words = threefry(vec2<u32>(u32(uniforms.size0), u32(uniforms.size1)), vec2<u32>(pair, in0[0]));
  out0[first] = number(words.x);
  if (first + 1u < size) { out0[first + 1u] = number(words.y); }`,
  })[0];
}

/** As `runtime/parity_signs.ts` says. */
export function randomLines({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const { key, count, size, always, random } = attrs as unknown as LineAttributes;
  return runShader(backend as unknown as WebgpuBackend, {
    inputs: [inputs.step!],
    outputs: [{ shape: [count], dtype: "int32" }],
    sizes: [...key.map((word) => word | 0), count, size, always, random],
    elements: { inputs: "u32", outputs: "u32" },
    ...groupsFor(count),
    declarations: `${THREEFRY}
fn word(first: u32, i: u32) -> u32 {
  let key = vec2<u32>(u32(uniforms.size0), u32(uniforms.size1));
  return threefry(key, vec2<u32>(first + (i >> 1u), in0[0]))[i & 1u];
}
fn ranked(i: u32) -> u32 {
  let mask = u32(uniforms.size3) - 1u;
  return (word(0u, i) & ~mask) | i;
}`,
    body: `let line = ${INVOCATION};
  if (line >= u32(uniforms.size2)) { return; }
  let size = u32(uniforms.size3);
  let own = ranked(line & (size - 1u));
  var place = 0u;
  for (var i = 0u; i < size; i++) { place += select(0u, 1u, ranked(i) < own); }
  let negative = (word(${SIGNS_FROM}u, line) >> 31u) == 1u;
  out0[line] = place | u32(uniforms.size4) | select(0u, u32(uniforms.size5), negative);`,
  })[0];
}

/** −1 where `rows[i] & columns[j]` has an odd number of ones, else 1. */
export function paritySigns({ inputs, backend }: KernelCall): tf.TensorInfo {
  const { rows, columns } = inputs as Record<string, tf.TensorInfo>, shape = [rows.shape[0], columns.shape[0]];
  return runShader(backend as unknown as WebgpuBackend, {
    inputs: [rows, columns],
    outputs: [{ shape, dtype: "float32" }],
    sizes: shape,
    elements: { inputs: "u32", outputs: "f32" },
    ...groupsFor(shape[0] * shape[1]),
    body: `let width = u32(uniforms.size1);
  let index = ${INVOCATION};
  if (index >= u32(uniforms.size0) * width) { return; }
  let ones = countOneBits(in0[index / width] & in1[index % width]);
  out0[index] = select(1.0, -1.0, (ones & 1u) == 1u);`,
  })[0];
}

/** The number of an invocation among those of {@linkcode groupsFor}. */
const INVOCATION = `(group.y * groups.x + group.x) * ${WORKGROUP}u + local`;

/** Enough workgroups for so many invocations. */
function groupsFor(invocations: number): { workgroup: number; groups: [number, number, number] } {
  const groups = Math.ceil(invocations / WORKGROUP);
  const across = groups <= MOST_WORKGROUPS ? groups : Math.ceil(Math.sqrt(groups));
  return { workgroup: WORKGROUP, groups: [across, Math.ceil(groups / across), 1] };
}
