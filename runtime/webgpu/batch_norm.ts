/**
 * Normalization of channels on WebGPU: three dispatches there, three back.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchNormAttributes } from "../batch_norm.ts";
import type { WebgpuBackend } from "./backend.ts";
import { reduceBlocks, reduceColumns } from "./columns.ts";
import { runJoint } from "./joint.ts";
import { free, type KernelCall } from "./kernel_call.ts";

/** Of two parts, each (count, mean, sum of squared distances from it): those of both (Chan, Golub & LeVeque 1983). */
const mergeMoments = `let count = a.x + b.x;
  if (count == 0.0) { return a; }
  let share = b.x / count;
  let apart = b.y - a.y;
  return vec3<f32>(count, a.y + apart * share, a.z + b.z + apart * apart * (a.x * share));`;

/** y, and the mean and the biased variance of each channel. */
export function batchNorm(call: KernelCall): tf.TensorInfo[] {
  const { x, ...inputs } = call.inputs as Record<string, tf.TensorInfo>, { rows, columns } = sizes(x);
  const backend = call.backend as unknown as WebgpuBackend;
  const [blocks] = reduceBlocks(backend, {
    rows,
    columns,
    inputs: [x],
    merge: mergeMoments,
    each: `let x = in0[i] - in0[column]; // near 0, whatever the mean is
      let count = total.x + 1.0;
      let apart = x - total.y; // one by one (Welford 1962)
      let mean = total.y + apart / count;
      total = vec3<f32>(count, mean, total.z + apart * (x - mean));`,
  });
  const [mean, variance] = reduceColumns(backend, blocks, {
    merge: mergeMoments,
    inputs: [x],
    end: "out0[column] = in1[column] + total.y;\n    out1[column] = total.z / total.x;",
    shapes: [[columns], [columns]],
  });
  free(call, blocks);
  return [normalize({ ...call, inputs: { x, mean, variance, ...inputs } }), mean, variance];
}

/** y by given statistics. */
export function normalize({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const { x, mean, variance, scale, shift, addend } = inputs as Record<string, tf.TensorInfo>;
  const { epsilon, relu, added } = attrs as unknown as BatchNormAttributes, { columns } = sizes(x);
  const lines = [
    `let c = index % ${columns};`,
    `var y = (in0[index] - in1[c]) * (in3[c] * inverseSqrt(in2[c] + f32(${Math.fround(epsilon)}))) + in4[c];`,
    ...added ? ["y += in5[index];"] : [],
    // by its bits, as a shader may take it that no number is NaN
    ...relu ? ["if ((bitcast<u32>(y) & 0x7fffffffu) <= 0x7f800000u) { y = max(y, 0.0); }"] : [],
    "out0[index] = y;",
  ];
  return eachElement(backend, x, [x, mean, variance, scale, shift, ...added ? [addend] : []], lines);
}

/** The gradients of x, scale and shift, and with an addend and relu that of the addend. */
export function batchNormGradient(call: KernelCall): tf.TensorInfo[] {
  const { dy, dMean, dVariance, x, scale, mean, variance, y } = call.inputs as Record<string, tf.TensorInfo>;
  const { epsilon, relu, added } = call.attrs as unknown as BatchNormAttributes, { rows, columns } = sizes(x);
  const backend = call.backend as unknown as WebgpuBackend, add = "return a + b;";
  const slope = (masked: boolean, i: string) => masked ? `select(0.0, in0[${i}], in3[${i}] > 0.0)` : `in0[${i}]`;
  const [blocks, dz] = reduceBlocks(backend, {
    rows,
    columns,
    inputs: [dy, x, mean, ...relu ? [y] : []],
    merge: add,
    each: `let slope = ${slope(relu, "i")};
      total += vec3<f32>(slope, slope * (in1[i] - in2[column]), 0.0);
      ${relu && added ? "out1[i] = slope;" : ""}`,
    ...relu && added && { written: x.shape },
  });
  const [dScale, dShift, factors] = reduceColumns(backend, blocks, {
    merge: add,
    inputs: [scale, variance, dMean, dVariance],
    end: `let inverse = inverseSqrt(in2[column] + f32(${Math.fround(epsilon)}));
    let factor = in1[column] * inverse;
    out0[column] = total.y * inverse;
    out1[column] = total.x;
    out2[column] = factor;
    out2[columns + column] = (2.0 * in4[column] - factor * inverse * inverse * total.y) / f32(${rows});
    out2[2 * columns + column] = (in3[column] - factor * total.x) / f32(${rows});`,
    shapes: [[columns], [columns], [3, columns]],
  });
  const masked = relu && !dz; // what is masked need not be again
  const dx = eachElement(call.backend, x, [dz ?? dy, x, mean, ...masked ? [y] : [], factors], [
    `let c = index % ${columns};`,
    `let rest = (in1[index] - in2[c]) * ${factorAt(masked, 1, columns)} + ${factorAt(masked, 2, columns)};`,
    `out0[index] = ${slope(masked, "index")} * ${factorAt(masked, 0, columns)} + rest;`,
  ]);
  free(call, blocks);
  free(call, factors);
  return [dx, dScale, dShift, ...dz ? [dz] : []];
}

const factorAt = (masked: boolean, which: number, columns: number) => `in${masked ? 4 : 3}[${which * columns} + c]`;

/** A tensor of x's shape, by statements that compute one element. */
function eachElement(
  backend: KernelCall["backend"],
  { shape }: tf.TensorInfo,
  inputs: readonly tf.TensorInfo[],
  lines: readonly string[],
): tf.TensorInfo {
  return runJoint(backend as unknown as WebgpuBackend, {
    code: `if (part == 0) {\n  ${lines.join("\n  ")}\n}`,
    element: "f32",
    parts: [tf.util.sizeFromShape(shape)],
    inputs,
    outputs: [{ shape, dtype: "float32" }],
  })[0];
}

function sizes({ shape }: tf.TensorInfo): { readonly rows: number; readonly columns: number } {
  return { rows: tf.util.sizeFromShape(shape.slice(0, -1)), columns: shape[shape.length - 1] };
}
