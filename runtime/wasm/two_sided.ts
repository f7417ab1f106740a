/**
 * Matrices between two factors on wasm: a strip of rows, as high as a block of A, after the other, so that what lies between two
 * products stays in the cache. The products are a library's where there is one.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Transposes } from "../two_sided.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf, free, type WasmBackend } from "./heap.ts";
import { product, type Sizes } from "./product.ts";

/** Rows or columns that follow each other. */
interface Interval {
  readonly from: number;
  readonly size: number;
}

/** A X B. The caller frees the result, and the last row where it is apart. */
export function twoSided(
  context: WorkContext,
  { body, last, a, b }: Inputs,
  { transposeLeft = false, transposeRight = false }: Transposes,
): tf.TensorInfo[] {
  const { backend } = context, columns = body.shape[1], aSize = sizeOf(a.shape), bSize = sizeOf(b.shape);
  const out = [body, ...last ? [last] : []].map(({ shape }) => backend.makeOutput(shape, "float32"));
  const x = placed(backend, body, last), result = placed(backend, out[0], out[1]);
  const between = backend.makeOutput([Math.min(aSize, x.rows), columns], "float32"); // a strip of X B
  const [atA, atB, atBetween] = [a, b, between].map((tensor) => addressOf(backend, tensor));
  for (const strip of intervals(x.rows, aSize)) {
    const parts = x.parts(strip);
    for (const { from, size: rows } of parts) {
      const left = x.row(from), to = atBetween + 4 * (from - strip.from) * columns;
      for (const { from: j, size } of intervals(columns, bSize)) {
        const sizes = { rows, columns: size, inner: size, transposeA: false, transposeB: transposeRight };
        const widths = { widthA: columns, widthB: bSize, width: columns };
        multiply(context, left + 4 * j, atB + 4 * j * bSize, to + 4 * j, { ...sizes, ...widths });
      }
    }
    for (const { from, size: rows } of parts) {
      const skipped = (from - strip.from) * (transposeLeft ? 1 : aSize);
      const sizes = { rows, columns, inner: strip.size, transposeA: transposeLeft, transposeB: false, widthA: aSize };
      multiply(context, atA + 4 * (strip.from * aSize + skipped), atBetween, result.row(from), sizes);
    }
  }
  free(backend, between);
  return out;
}

/** The blocks of X Yᵀ in A's shape and of Xᵀ Y in B's. The caller frees them. */
export function blockProducts(
  context: WorkContext,
  inputs: Inputs,
  shapes: { readonly a: number[]; readonly b: number[] },
): tf.TensorInfo[] {
  const { backend } = context, columns = inputs.x.shape[1], aSize = sizeOf(shapes.a), bSize = sizeOf(shapes.b);
  const out = [shapes.a, shapes.b].map((shape) => zeros(backend, shape));
  const [atA, atB] = out.map((tensor) => addressOf(backend, tensor));
  const x = placed(backend, inputs.x, inputs.xLast), y = placed(backend, inputs.y, inputs.yLast);
  for (const strip of intervals(x.rows, aSize)) {
    const parts = x.parts(strip);
    for (const i of parts) {
      for (const j of parts) {
        const sizes = {
          rows: i.size,
          columns: j.size,
          inner: columns,
          transposeA: false,
          transposeB: true,
          width: aSize,
        };
        multiply(context, x.row(i.from), y.row(j.from), atA + 4 * (i.from * aSize + j.from - strip.from), sizes);
      }
    }
  }
  for (const { from: j, size } of intervals(columns, bSize)) {
    for (const { from, size: inner } of x.parts({ from: 0, size: x.rows })) {
      const sizes = { rows: size, columns: size, inner, transposeA: true, transposeB: false, add: from > 0 };
      const widths = { widthA: columns, widthB: columns, width: bSize };
      multiply(context, x.row(from) + 4 * j, y.row(from) + 4 * j, atB + 4 * j * bSize, { ...sizes, ...widths });
    }
  }
  return out;
}

/** A matrix in memory, the last row perhaps apart. */
function placed(backend: WasmBackend, body: tf.TensorInfo, last?: tf.TensorInfo) {
  const [above, columns] = body.shape, atBody = addressOf(backend, body), atLast = last ? addressOf(backend, last) : 0;
  return {
    rows: last ? above + 1 : above,
    /** Where a row lies. */
    row: (i: number): number => i < above ? atBody + 4 * i * columns : atLast,
    /** What of a strip is in one piece. */
    parts: ({ from, size }: Interval): Interval[] => {
      if (from + size <= above) return [{ from, size }];
      const apart = { from: above, size: 1 };
      return from === above ? [apart] : [{ from, size: size - 1 }, apart];
    },
  };
}

/** What a side of so many numbers falls into, block by block. */
function intervals(length: number, size: number): Interval[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => {
    const from = i * size;
    return { from, size: Math.min(size, length - from) };
  });
}

/** Of a factor's blocks. */
const sizeOf = (shape: readonly number[]): number => shape[shape.length - 1];

/** One product at a time, as a view of the heap is good until it grows. */
function multiply(context: WorkContext, a: number, b: number, out: number, sizes: Sizes): void {
  product(context, sizes)(a, b, out);
}

function zeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const out = backend.makeOutput(shape, "float32");
  backend.typedArrayFromHeap(out).fill(0);
  return out;
}
