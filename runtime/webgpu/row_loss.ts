/**
 * Losses and divergences with their gradients on WebGPU: one dispatch, a workgroup a row.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { RowLoss } from "../row_loss.ts";
import type { WebgpuBackend } from "./backend.ts";
import { runShader } from "./joint.ts";
import type { KernelCall } from "./kernel_call.ts";

const WORKGROUP = 64, MOST_WORKGROUPS = 65535; // along one axis, which WebGPU promises

/** The values of the rows and the derivatives of the outputs. */
export function rowLoss({ inputs, backend, attrs }: KernelCall): tf.TensorInfo[] {
  const { outputs, reference } = inputs as Record<string, tf.TensorInfo>;
  const { loss, rank, smoothing } = attrs as unknown as {
    readonly loss: RowLoss;
    readonly rank: number;
    readonly smoothing: number;
  };
  const rowShape = outputs.shape.slice(0, rank), rows = tf.util.sizeFromShape(rowShape);
  const across = rows <= MOST_WORKGROUPS ? rows : Math.ceil(Math.sqrt(rows));
  return runShader(backend as unknown as WebgpuBackend, {
    inputs: [outputs, reference],
    outputs: [{ shape: rowShape, dtype: "float32" }, { shape: outputs.shape, dtype: "float32" }],
    sizes: [rows, tf.util.sizeFromShape(outputs.shape.slice(rank))],
    elements: { inputs: "u32", outputs: "f32" }, // bits, as labels are integers
    workgroup: WORKGROUP,
    groups: [across, Math.ceil(rows / across), 1],
    declarations: FUNCTIONS,
    body: `let row = i32(group.y * groups.x + group.x);
  if (row >= uniforms.size0) { return; }
  let columns = uniforms.size1;
  let begin = row * columns;
  let first = i32(local);
  ${loss === "labelLoss" && smoothing > 0 ? smoothedLabelLoss(smoothing) : bodies[loss]}`,
  });
}

/** Statements that run for each column j of a row, which the workgroup shares among its invocations. */
const each = (statements: string) => `for (var j = first; j < columns; j += ${WORKGROUP}) { ${statements} }`;

const r = "bitcast<f32>(in1[begin + j])";
const z = "logit(in0[begin + j])", zBit = "finite(in0[begin + j])"; // of a class, of a bit
const rLogit = "logit(in1[begin + j])", rBit = "finite(in1[begin + j])";
const isInfinite = "isInfinite(in0[begin + j])"; // of the logit z

/** Defines what is to be subtracted, one after the other, from a logit for its logarithm of probability: `NAMEMost`, `NAMERest`. */
const partition = (name: string, logit: string) =>
  `var ${name}Most = -3.4e38;
  ${each(`${name}Most = max(${name}Most, ${logit});`)}
  ${name}Most = largest(local, ${name}Most);
  var ${name}Sum = 0.0;
  ${each(`${name}Sum += exp(${logit} - ${name}Most);`)}
  let ${name}Rest = log(sum(local, ${name}Sum));`;

const total = (statements: string) =>
  `var total = 0.0;
  ${each(statements)}
  total = sum(local, total);
  if (local == 0u) { out0[row] = total; }`;

const smoothedLabelLoss = (smoothing: number) =>
  `${partition("q", z)}
  let label = bitcast<i32>(in1[row]);
  let known = label >= 0 && label < columns;
  ${
    total(`let logQ = ${z} - qMost - qRest;
    let p = select(0.0, ${1 - smoothing}, j == label) + ${smoothing} / f32(columns);
    total += orInfinite(-p * logQ, ${isInfinite});
    if (!known) { total = fromBits(NAN); }
    out1[begin + j] = select(fromBits(NAN), exp(logQ) - p, known);`)
  }`;

const bodies: Readonly<Record<RowLoss, string>> = {
  labelLoss: `${partition("q", z)}
  let label = bitcast<i32>(in1[row]);
  let known = label >= 0 && label < columns;
  ${
    total(`let logQ = ${z} - qMost - qRest;
    if (j == label) { total += orInfinite(-logQ, ${isInfinite}); }
    if (!known) { total = fromBits(NAN); }
    out1[begin + j] = select(fromBits(NAN), exp(logQ) - select(0.0, 1.0, j == label), known);`)
  }`,
  softmaxLoss: `${partition("q", z)}
  var weight = 0.0;
  ${each(`weight += ${r};`)}
  weight = sum(local, weight);
  ${
    total(`let logQ = ${z} - qMost - qRest;
    total += orInfinite(-${r} * logQ, ${isInfinite});
    out1[begin + j] = exp(logQ) * weight - ${r};`)
  }`,
  softmaxDivergence: `${partition("q", z)}
  ${partition("p", rLogit)}
  ${
    total(`let logQ = ${z} - qMost - qRest;
    let logP = ${rLogit} - pMost - pRest;
    let q = exp(logQ);
    let p = exp(logP);
    total += orInfinite(term(logP, logQ, p, q), ${isInfinite});
    out1[begin + j] = q - p;`)
  }`,
  bitsLoss: total(`let y = exp(-abs(${zBit}));
    total += orInfinite(max(${zBit}, 0.0) + log1p(y) - ${zBit} * ${r}, ${isInfinite});
    out1[begin + j] = sigmoidOf(${zBit}, y) - ${r};`),
  bitsDivergence: total(`let yQ = exp(-abs(${zBit}));
    let yP = exp(-abs(${rBit}));
    let restQ = log1p(yQ);
    let restP = log1p(yP);
    let q = sigmoidOf(${zBit}, yQ);
    let p = sigmoidOf(${rBit}, yP);
    let on = term(-max(-${rBit}, 0.0) - restP, -max(-${zBit}, 0.0) - restQ, p, q);
    let off = term(-max(${rBit}, 0.0) - restP, -max(${zBit}, 0.0) - restQ, sigmoidOf(-${rBit}, yP), sigmoidOf(-${zBit}, yQ));
    total += orInfinite(on + off, ${isInfinite});
    out1[begin + j] = q - p;`),
};

/**
 * As in `assembly/classes.ts`, `assembly/bits.ts` and `assembly/transcendental.ts`. A shader may take it that no number is infinite
 * or NaN, so these are told, and made, by their bits. Only a softmax of +∞ has no meaning, and gives NaN.
 */
const FUNCTIONS = `const INFINITE = 0x7f800000u;
const NAN = 0x7fc00000u;
fn fromBits(bits: u32) -> f32 {
  var x = bits; // a constant of these bits is refused
  return bitcast<f32>(x);
}
fn isInfinite(bits: u32) -> bool {
  return (bits & 0x7fffffffu) == INFINITE;
}
fn logit(bits: u32) -> f32 {
  return select(bitcast<f32>(bits), -3.4e38, bits == (INFINITE | 0x80000000u));
}
fn finite(bits: u32) -> f32 {
  return select(logit(bits), 3.4e38, bits == INFINITE);
}
fn orInfinite(x: f32, infiniteLogit: bool) -> f32 {
  return select(x, fromBits(INFINITE), infiniteLogit && x > 0.0);
}
var<workgroup> together: array<f32, ${WORKGROUP}>;
fn sum(local: u32, x: f32) -> f32 {
  together[local] = x;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (local < half) { together[local] += together[local + half]; }
    workgroupBarrier();
  }
  let result = together[0];
  workgroupBarrier();
  return result;
}
fn largest(local: u32, x: f32) -> f32 {
  together[local] = x;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (local < half) { together[local] = max(together[local], together[local + half]); }
    workgroupBarrier();
  }
  let result = together[0];
  workgroupBarrier();
  return result;
}
fn log1p(y: f32) -> f32 { // for 0 ≤ y ≤ 1, as 2 artanh(y / (2 + y)), by its series
  let z = y / (y + 2.0);
  let square = z * z;
  var p = 2.0 / 15.0;
  p = p * square + 2.0 / 13.0;
  p = p * square + 2.0 / 11.0;
  p = p * square + 2.0 / 9.0;
  p = p * square + 2.0 / 7.0;
  p = p * square + 2.0 / 5.0;
  p = p * square + 2.0 / 3.0;
  p = p * square + 2.0;
  return p * z;
}
fn sigmoidOf(x: f32, y: f32) -> f32 { // of y = e^−|x|
  return select(y, 1.0, x >= 0.0) / (1.0 + y);
}
fn term(logP: f32, logQ: f32, p: f32, q: f32) -> f32 { // p (e^δ − 1 − δ), δ = log q − log p
  let delta = logQ - logP;
  let series = ((delta / 120.0 + 1.0 / 24.0) * delta + 1.0 / 6.0) * delta + 0.5;
  return select(q - p - p * delta, p * delta * delta * series, abs(delta) < 0.1);
}`;
