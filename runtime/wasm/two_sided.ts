/**
 * Matrices between two factors on wasm: one thread computes a strip of rows, as high as a block of A, from one end to the other, so that
 * what lies between two products stays in its cache. The products are a library's where there is one.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Transposes } from "../two_sided.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf, free, type WasmBackend } from "./heap.ts";
import { sequences, type Step } from "./product.ts";

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
  const between = backend.makeOutput([x.rows, columns], "float32"); // X B
  const [atA, atB, atBetween] = [a, b, between].map((tensor) => addressOf(backend, tensor));
  const toRight = ({ from, size: rows }: Interval) =>
    intervals(columns, bSize).map(({ from: j, size }): Step => ({
      sizes: {
        ...{ rows, columns: size, inner: size, transposeA: false, transposeB: transposeRight },
        ...{ widthA: columns, widthB: bSize, width: columns },
      },
      places: [x.row(from) + 4 * j, atB + 4 * j * bSize, atBetween + 4 * (from * columns + j)],
    }));
  const toLeft = (strip: Interval) => ({ from, size: rows }: Interval): Step => {
    const skipped = (from - strip.from) * (transposeLeft ? 1 : aSize);
    return {
      sizes: { rows, columns, inner: strip.size, transposeA: transposeLeft, transposeB: false, widthA: aSize },
      places: [
        atA + 4 * (strip.from * aSize + skipped),
        atBetween + 4 * strip.from * columns,
        result.row(from),
      ],
    };
  };
  sequences(
    context,
    intervals(x.rows, aSize).map((strip) => {
      const parts = x.parts(strip);
      return [...parts.flatMap(toRight), ...parts.map(toLeft(strip))];
    }),
  );
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
  const left = intervals(x.rows, aSize).map((strip) => {
    const parts = x.parts(strip);
    return parts.flatMap((i) =>
      parts.map((j): Step => ({
        sizes: {
          ...{ rows: i.size, columns: j.size, inner: columns, transposeA: false, transposeB: true },
          width: aSize,
        },
        places: [x.row(i.from), y.row(j.from), atA + 4 * (i.from * aSize + j.from - strip.from)],
      }))
    );
  });
  const right = intervals(columns, bSize).map(({ from: j, size }) =>
    x.parts({ from: 0, size: x.rows }).map(({ from, size: inner }): Step => ({
      sizes: {
        ...{ rows: size, columns: size, inner, transposeA: true, transposeB: false, add: from > 0 },
        ...{ widthA: columns, widthB: columns, width: bSize },
      },
      places: [x.row(from) + 4 * j, y.row(from) + 4 * j, atB + 4 * j * bSize],
    }))
  );
  sequences(context, [...left, ...right]);
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

function zeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const out = backend.makeOutput(shape, "float32");
  backend.typedArrayFromHeap(out).fill(0);
  return out;
}
