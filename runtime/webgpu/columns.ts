/**
 * Reductions by column of matrices on WebGPU: one dispatch for blocks of rows, and one that takes the blocks together.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebgpuBackend } from "./backend.ts";
import { runShader, type SharingProgram } from "./joint.ts";

const WORKGROUP = 256, ROWS_EACH = 16, MOST_BLOCKS = 256;

/** What is reduced, in WGSL: of each column a `vec3<f32>`. */
export interface ColumnReduction {
  /** Rows of the matrix. */
  readonly rows: number;
  /** Columns of the matrix. */
  readonly columns: number;
  /** What `each` reads, as `in0`, `in1`, … */
  readonly inputs: readonly tf.TensorInfo[];
  /** Statements that take the element `i`, in the column `column`, into `total`, which starts at 0. */
  readonly each: string;
  /** What `each` writes: a tensor of the matrix's shape, as `out1`. Default: nothing. */
  readonly written?: number[];
  /** The body of the function of `a` and `b` that takes the totals of two parts together. */
  readonly merge: string;
}

/** Reduces blocks of rows, `[blocks, 3, columns]`; then what `each` writes, if it does. The caller frees them. */
export function reduceBlocks(backend: WebgpuBackend, reduction: ColumnReduction): tf.TensorInfo[] {
  const { rows, columns, inputs, each, written, merge } = reduction;
  const width = Math.min(columns, WORKGROUP), side = Math.floor(WORKGROUP / width); // columns and rows at a time
  const blocks = Math.min(MOST_BLOCKS, Math.ceil(rows / (side * ROWS_EACH)));
  const body = `let columns = uniforms.size1;
  let width = uniforms.size2;
  let side = uniforms.size3;
  let row = i32(local) / width;
  let column = i32(group.x) * width + i32(local) % width;
  let first = i32(group.y) * uniforms.size4;
  let end = min(uniforms.size0, first + uniforms.size4);
  var total = vec3<f32>();
  if (row < side && column < columns) {
    for (var r = first + row; r < end; r += side) {
      let i = r * columns + column;
      ${each}
    }
  }
  ${tree("side", "row", (at) => `together[(row + ${at}) * width + i32(local) % width]`)}
  if (row == 0 && column < columns) {
    let at = i32(group.y) * 3 * columns + column;
    out0[at] = total.x;
    out0[at + columns] = total.y;
    out0[at + 2 * columns] = total.z;
  }`;
  return runShader(backend, {
    ...sharing(merge),
    body,
    groups: [Math.ceil(columns / width), blocks, 1],
    sizes: [rows, columns, width, side, Math.ceil(rows / blocks)],
    inputs,
    outputs: [[blocks, 3, columns], ...written ? [written] : []].map((shape) => ({ shape, dtype: "float32" })),
  });
}

/**
 * Takes the blocks of {@linkcode reduceBlocks} together. The caller frees the results.
 *
 * @param blocks Its first result; read as `in0`.
 * @param end Statements that write the results for `column` from `total`, with `inputs` as `in1`, `in2`, …
 */
export function reduceColumns(
  backend: WebgpuBackend,
  blocks: tf.TensorInfo,
  { merge, inputs, end, shapes }: {
    readonly merge: string;
    readonly inputs: readonly tf.TensorInfo[];
    readonly end: string;
    readonly shapes: readonly number[][];
  },
): tf.TensorInfo[] {
  const [count, , columns] = blocks.shape;
  const body = `let columns = uniforms.size1;
  let column = i32(group.x);
  let row = i32(local);
  var total = vec3<f32>();
  for (var block = row; block < uniforms.size0; block += ${WORKGROUP}) {
    let at = block * 3 * columns + column;
    total = merge(total, vec3<f32>(in0[at], in0[at + columns], in0[at + 2 * columns]));
  }
  ${tree(`${WORKGROUP}`, "row", (at) => `together[row + ${at}]`)}
  if (row == 0) { ${end} }`;
  return runShader(backend, {
    ...sharing(merge),
    body,
    groups: [columns, 1, 1],
    sizes: [count, columns],
    inputs: [blocks, ...inputs],
    outputs: shapes.map((shape) => ({ shape, dtype: "float32" })),
  });
}

/** Takes `total` of the invocations together, whose number along the reduction is `place`; those below `count` have one. */
const tree = (count: string, place: string, other: (distance: string) => string) =>
  `together[local] = total;
  workgroupBarrier();
  for (var left = ${count}; left > 1; left = (left + 1) / 2) {
    let half = (left + 1) / 2;
    if (${place} + half < left) {
      total = merge(total, ${other("half")});
      together[local] = total;
    }
    workgroupBarrier();
  }`;

function sharing(merge: string) {
  return {
    workgroup: WORKGROUP,
    elements: { inputs: "f32", outputs: "f32" },
    declarations: `var<workgroup> together: array<vec3<f32>, ${WORKGROUP}>;
fn merge(a: vec3<f32>, b: vec3<f32>) -> vec3<f32> {
  ${merge}
}`,
  } satisfies Partial<SharingProgram>;
}
