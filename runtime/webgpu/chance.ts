/**
 * Random numbers on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { DrawAttributes } from "../chance.ts";
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

/** The number of an invocation among those of {@linkcode groupsFor}. */
const INVOCATION = `(group.y * groups.x + group.x) * ${WORKGROUP}u + local`;

/** Enough workgroups for so many invocations. */
function groupsFor(invocations: number): { workgroup: number; groups: [number, number, number] } {
  const groups = Math.ceil(invocations / WORKGROUP);
  const across = groups <= MOST_WORKGROUPS ? groups : Math.ceil(Math.sqrt(groups));
  return { workgroup: WORKGROUP, groups: [across, Math.ceil(groups / across), 1] };
}
