/**
 * Sums over all elements of many tensors on WebGPU: a few tensors share a dispatch, and a last one adds up what is left of them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebgpuBackend } from "./backend.ts";
import { MOST_BUFFERS, runShader, type SharingProgram } from "./joint.ts";
import { free, type KernelCall } from "./kernel_call.ts";

const WORKGROUP = 256, GROUPS = 16, INPUTS = MOST_BUFFERS - 1;

/** A boolean scalar: every element is finite. By its bits: shaders may take for granted that numbers are. */
export function allFinite(call: KernelCall): tf.TensorInfo {
  const tensors = Object.values(call.inputs as Record<string, tf.TensorInfo>);
  return total(call, tensors.map((x) => [x]), {
    term: ([x]) => `select(0.0, 1.0, (bitcast<u32>(${x}) & 0x7f800000u) == 0x7f800000u)`,
    end: "out0[0] = select(0u, 1u, sums[0] == 0.0);",
    element: "u32",
    dtype: "bool",
  });
}

/** A scalar: Σ over pairs of ⟨a, b⟩. Inputs `a0`, `b0`, `a1`, … */
export function innerProduct(call: KernelCall): tf.TensorInfo {
  const given = call.inputs as Record<string, tf.TensorInfo>, count = Object.keys(given).length / 2;
  const pairs = Array.from({ length: count }, (_, i) => [given[`a${i}`], given[`b${i}`]]);
  return total(call, pairs, { term: product, end: "out0[0] = sums[0];", element: "f32", dtype: "float32" });
}

/** Tensors of one shape, of whose elements a term is made. */
type Factors = readonly tf.TensorInfo[];

/** In WGSL, what is added up: of the expressions of one element of each factor. */
type Term = (factors: readonly string[]) => string;

const product: Term = (factors) => factors.join(" * ");

/** What is summed, and what becomes of the sum in the end: a scalar. */
interface Sum {
  readonly term: Term;
  readonly end: string;
  readonly element: "f32" | "u32";
  readonly dtype: "float32" | "bool";
}

function total(
  call: KernelCall,
  terms: readonly Factors[],
  { term, end, element, dtype }: Sum,
): tf.TensorInfo {
  const backend = call.backend as unknown as WebgpuBackend;
  let left = terms, made: tf.TensorInfo[] = [], of = term;
  do {
    const together = Math.floor(INPUTS / left[0].length), sums: tf.TensorInfo[] = [];
    for (let start = 0; start < left.length; start += together) {
      sums.push(partialSums(backend, left.slice(start, start + together), of));
    }
    made.forEach((tensor) => free(call, tensor));
    made = sums;
    left = sums.map((sum) => [sum]);
    of = product; // of one factor: the sum itself
  } while (left.length > INPUTS);
  const [scalar] = runShader(backend, {
    ...summing(left, of, 1, end),
    groups: [1, 1, 1],
    elements: { inputs: "f32", outputs: element },
    outputs: [{ shape: [], dtype }],
  });
  made.forEach((tensor) => free(call, tensor));
  return scalar;
}

/** Sums whose sum is that of all. */
function partialSums(backend: WebgpuBackend, terms: readonly Factors[], term: Term): tf.TensorInfo {
  return runShader(backend, {
    ...summing(terms, term, GROUPS, "out0[group.x] = sums[0];"),
    groups: [GROUPS, 1, 1],
    elements: { inputs: "f32", outputs: "f32" },
    outputs: [{ shape: [GROUPS], dtype: "float32" }],
  })[0];
}

/** Each workgroup adds up its share of every term. */
function summing(terms: readonly Factors[], term: Term, groups: number, end: string) {
  const loops = terms.map((factors, i) => {
    const each = term(factors.map((_, j) => `in${i * factors.length + j}[i]`));
    return `for (var i = first; i < uniforms.size${i}; i += ${WORKGROUP * groups}) { sum += ${each}; }`;
  });
  return {
    inputs: terms.flat(),
    sizes: terms.map(([{ shape }]) => tf.util.sizeFromShape(shape)),
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
  if (local == 0u) { ${end} }`,
  } satisfies Partial<SharingProgram>;
}
