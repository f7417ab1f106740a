/**
 * Matrix products in half precision on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { F16 } from "../precision/format.ts";
import type { WebgpuBackend } from "./backend.ts";
import { runShader } from "./joint.ts";
import type { KernelCall } from "./kernel_call.ts";
import { roundedBits } from "./round.ts";

/** Terms that a workgroup loads at a time. */
const TERMS = 16;

/** With fewer workgroups than this a device has idle ones: tiles are smaller then. */
const FEW = 128;

/** A product C = A B, or several of the same shape. */
export interface HalfProduct {
  /** Of A and C. */
  readonly rows: number;
  /** Of B and C. */
  readonly columns: number;
  /** The terms of a sum: columns of A and rows of B. */
  readonly inner: number;
  /** How many products. */
  readonly batch: number;
  /** WGSL functions `left(batch, row, term)` and `right(batch, term, column)` that read A and B from `in0` and `in1`, and what they need. */
  readonly operands: string;
  /** Numbers that these read as `uniforms.size4`, … */
  readonly sizes?: readonly number[];
  /** Whether neighbours in memory of A and of B differ by their term: threads read side by side. */
  readonly byTerm: readonly [left: boolean, right: boolean];
  /** What is read. */
  readonly inputs: readonly [tf.TensorInfo, tf.TensorInfo];
  /** Of the result: rows and columns in order, with what else there is in it. */
  readonly shape: number[];
}

/** BatchMatMul, as `runtime/precision/half_products.ts` says. */
export function halfMatMul({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const a = inputs.a!,
    b = inputs.b!,
    { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  const [rows, inner] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : a.shape.slice(-2);
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [ofA, ofB] = [a, b].map(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2)));
  return halfProduct(backend as unknown as WebgpuBackend, {
    ...{ rows, columns, inner, batch: Math.max(ofA, ofB) },
    operands: `fn left(batch: i32, row: i32, term: i32) -> f32 {
  return in0[batch % uniforms.size4 * uniforms.size0 * uniforms.size2 + ${
      transposeA ? "term * uniforms.size0 + row" : "row * uniforms.size2 + term"
    }];
}
fn right(batch: i32, term: i32, column: i32) -> f32 {
  return in1[batch % uniforms.size5 * uniforms.size1 * uniforms.size2 + ${
      transposeB ? "column * uniforms.size2 + term" : "term * uniforms.size1 + column"
    }];
}`,
    sizes: [ofA, ofB],
    byTerm: [!transposeA, transposeB],
    inputs: [a, b],
    shape: [...outer, rows, columns],
  });
}

/** Computes products; the result belongs to the caller. */
export function halfProduct(backend: WebgpuBackend, product: HalfProduct): tf.TensorInfo {
  const { rows, columns, inner, batch, operands, sizes = [], byTerm, inputs, shape } = product;
  const tiles = (tile: number) => batch * Math.ceil(rows / tile) * Math.ceil(columns / tile);
  const side = tiles(64) < FEW ? 8 : 16, tile = 4 * side, all = tiles(tile); // a thread computes 4 × 4 numbers
  if (all === 0) return backend.makeTensorInfo(shape, "float32", new Float32Array(0));
  const x = Math.ceil(Math.sqrt(all));
  // a number that stands alone stays in float32, as runtime/precision/rounded_kernels.ts has it
  const result = (sum: string) => tf.util.sizeFromShape(shape) === 1 ? sum : `roundedBits(${sum})`;
  const load = (memory: string, byTerm: boolean, read: (place: string) => string) =>
    `let ${memory}Four = ${byTerm ? `at / ${TERMS}` : `at % ${side}`};
      let ${memory}Term = ${byTerm ? `at % ${TERMS}` : `at / ${side}`};
      var ${memory}Loaded = vec4<f32>();
      if (first + ${memory}Term < inner) {
        ${[0, 1, 2, 3].map((i) => `${memory}Loaded[${i}] = ${read(`${memory}Four * 4 + ${i}`)};`).join("\n        ")}
      }
      ${memory}[${memory}Term * ${side} + ${memory}Four] = vec4<f16>(${memory}Loaded);`;
  return runShader(backend, {
    enable: "f16",
    declarations: `var<workgroup> lefts: array<vec4<f16>, ${TERMS * side}>;
var<workgroup> rights: array<vec4<f16>, ${TERMS * side}>;
${roundedBits(F16, false)}
${operands}
// what rounds to more than the largest number is infinite, whatever the device makes of it
fn operand(x: f32) -> f32 {
  let infinite = bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | 0x7f800000u);
  return select(x, infinite, abs(x) >= 65520.0);
}
fn leftOr0(batch: i32, row: i32, term: i32) -> f32 {
  if (row < uniforms.size0) { return operand(left(batch, row, term)); }
  return 0.0;
}
fn rightOr0(batch: i32, term: i32, column: i32) -> f32 {
  if (column < uniforms.size1) { return operand(right(batch, term, column)); }
  return 0.0;
}`,
    body: `let rows = uniforms.size0;
  let columns = uniforms.size1;
  let inner = uniforms.size2;
  let across = (columns + ${tile - 1}) / ${tile};
  let down = (rows + ${tile - 1}) / ${tile};
  let tile = i32(group.y * groups.x + group.x);
  let batch = tile / (across * down);
  if (batch >= uniforms.size3) { return; }
  let firstRow = tile / across % down * ${tile};
  let firstColumn = tile % across * ${tile};
  let y = i32(local) / ${side};
  let x = i32(local) % ${side};
  var sums = array<vec4<f32>, 4>();
  for (var first = 0; first < inner; first += ${TERMS}) {
    for (var at = i32(local); at < ${TERMS * side}; at += ${side * side}) {
      ${load("lefts", byTerm[0], (place) => `leftOr0(batch, firstRow + ${place}, first + leftsTerm)`)}
      ${load("rights", byTerm[1], (place) => `rightOr0(batch, first + rightsTerm, firstColumn + ${place})`)}
    }
    workgroupBarrier();
    for (var term = 0; term < ${TERMS}; term++) {
      let a = vec4<f32>(lefts[term * ${side} + y]);
      let b = vec4<f32>(rights[term * ${side} + x]);
      ${[0, 1, 2, 3].map((i) => `sums[${i}] += a[${i}] * b;`).join("\n      ")}
    }
    workgroupBarrier();
  }
  for (var i = 0; i < 4; i++) {
    let row = firstRow + y * 4 + i;
    for (var j = 0; j < 4; j++) {
      let column = firstColumn + x * 4 + j;
      if (row < rows && column < columns) {
        out0[(batch * rows + row) * columns + column] = ${result("bitcast<u32>(sums[i][j])")};
      }
    }
  }`,
    workgroup: side * side,
    groups: [x, Math.ceil(all / x), 1],
    sizes: [rows, columns, inner, batch, ...sizes],
    elements: { inputs: "f32", outputs: "u32" },
    inputs,
    outputs: [{ shape, dtype: "float32" }],
  })[0];
}
