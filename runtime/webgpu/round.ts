/**
 * Rounding to formats with fewer bits, on WebGPU. All of it is done on the bits: shaders may reorder sums and flush subnormal numbers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { boundsOf, type Format } from "../precision/format.ts";
import { roundArray, type RoundAttributes } from "../precision/round.ts";
import type { WebgpuBackend } from "./backend.ts";
import { runJoint } from "./joint.ts";
import { free, type KernelCall } from "./kernel_call.ts";

/** As `runtime/precision/round.ts` says. The caller frees it. */
export function round({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const { x, chance } = inputs, { format } = attrs as unknown as RoundAttributes;
  return runJoint(backend as unknown as WebgpuBackend, {
    declarations: roundedBits(format, chance !== undefined),
    code: `out0[index] = roundedBits(in0[index]${chance ? ", bitcast<f32>(in1[index])" : ""});`,
    element: "u32",
    parts: [tf.util.sizeFromShape(x!.shape)],
    inputs: chance ? [x!, chance] : [x!],
    outputs: [{ shape: x!.shape, dtype: "float32" }],
  })[0];
}

/** As `runtime/precision/round_result.ts` says. Numbers that are still on the host stay there. */
export function roundResult(call: KernelCall): tf.TensorInfo {
  const x = call.inputs.x!, backend = call.backend as unknown as WebgpuBackend;
  const { values, resource } = backend.tensorMap.get(x.dataId);
  let rounded: tf.TensorInfo;
  if (values && !resource) {
    const copy = Float32Array.from(values); // what tfjs holds may be somebody's array
    roundArray(copy, (call.attrs as unknown as RoundAttributes).format);
    rounded = backend.makeTensorInfo(x.shape, "float32", copy);
  } else rounded = round(call);
  free(call, x);
  return rounded;
}

/** WGSL's `rounded(x)` of a float, for formulas. */
export function roundedFloat(format: Format): string {
  return `${roundedBits(format, false)}
fn rounded(x: f32) -> f32 { return bitcast<f32>(roundedBits(bitcast<u32>(x))); }`;
}

/** WGSL's `roundedBits(bits)`, or `roundedBits(bits, chance)`: `roundArray`, whose comments hold here. */
export function roundedBits(format: Format, chance: boolean): string {
  const { dropped, least, limit, step } = boundsOf(format), more = chance ? ", chance" : "";
  const toNearest = "select((1u << (dropped - 1u)) - 1u + ((number >> dropped) & 1u), 0u, dropped == 0u)";
  const subnormal = `if (size < ${least}u) {
    let field = max(size >> 23u, 1u);
    let all = ${dropped + (least >>> 23)}u - field;
    let last = min(all, 24u);
    let part = (size - ((field - 1u) << 23u)) >> min(all - last, 31u);
    let steps = (part + carried(part, last${more})) >> last;
    return sign | bitcast<u32>(f32(steps) * 0x1p${step}f);
  }`;
  return `fn carried(number: u32, dropped: u32${chance ? ", chance: f32" : ""}) -> u32 {
  return ${chance ? "u32(chance * f32(1u << dropped))" : toNearest};
}
fn roundedBits(bits: u32${chance ? ", chance: f32" : ""}) -> u32 {
  let sign = bits & 0x80000000u;
  let size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return bits; }
  ${least > 0 ? subnormal : ""}
  let sum = ((size + carried(size, ${dropped}u${more})) >> ${dropped}u) << ${dropped}u;
  return sign | select(sum, 0x7f800000u, sum >= ${limit}u);
}`;
}
