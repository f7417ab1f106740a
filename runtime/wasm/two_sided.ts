/**
 * Matrices between two factors on wasm: a strip of rows, as high as a block of A, after the other, so that what lies between two
 * products stays in the cache. The products are a library's where there is one.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Transposes } from "../two_sided.ts";
import { free, type WasmBackend } from "./heap.ts";
import { addressOf } from "./kernels.ts";
import { product, type Sizes } from "./product.ts";

type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** A block of a factor, of which so much counts, or a part of a matrix's side. */
interface Interval {
  readonly from: number;
  readonly size: number;
}

/** A X B. The caller frees the result. */
export function twoSided(
  backend: WasmBackend,
  { body, last, a, b }: Inputs,
  { transposeLeft = false, transposeRight = false }: Transposes,
): tf.TensorInfo[] {
  const [above, columns] = body.shape,
    rows = above + (last ? 1 : 0),
    aSize = blockSize(a.shape),
    bSize = blockSize(b.shape);
  const out = [body, ...last ? [last] : []].map(({ shape }) => backend.makeOutput(shape, "float32"));
  const between = backend.makeOutput([Math.min(aSize, rows), columns], "float32");
  const [atA, atB, atBetween] = [a, b, between].map((x) => addressOf(backend, x));
  const row = 4 * columns; // bytes
  for (const strip of intervals(rows, aSize)) {
    const parts = partsOf(strip, above);
    for (const part of parts) {
      const from = rowAddress(backend, [body, last], part.from, above), to = atBetween + (part.from - strip.from) * row;
      for (const { from: j, size } of intervals(columns, bSize)) {
        multiply(backend, from + 4 * j, atB + 4 * j * bSize, to + 4 * j, {
          ...{ rows: part.size, columns: size, inner: size, transposeA: false, transposeB: transposeRight },
          ...{ widthA: columns, widthB: bSize, width: columns },
        });
      }
    }
    for (const part of parts) {
      const skip = part.from - strip.from, block = atA + 4 * strip.from * aSize;
      const from = block + 4 * skip * (transposeLeft ? 1 : aSize);
      multiply(backend, from, atBetween, rowAddress(backend, out, part.from, above), {
        ...{ rows: part.size, columns, inner: strip.size, transposeA: transposeLeft, transposeB: false },
        widthA: aSize,
      });
    }
  }
  free(backend, between);
  return out;
}

/** The blocks of X Yᵀ in A's shape and of Xᵀ Y in B's. The caller frees them. */
export function blockProducts(
  backend: WasmBackend,
  { x, y, xLast, yLast }: Inputs,
  shapes: { readonly a: number[]; readonly b: number[] },
): tf.TensorInfo[] {
  const [above, columns] = x.shape,
    rows = above + (xLast ? 1 : 0),
    aSize = blockSize(shapes.a),
    bSize = blockSize(shapes.b);
  const outA = zeros(backend, shapes.a), outB = zeros(backend, shapes.b);
  const [atA, atB] = [outA, outB].map((out) => addressOf(backend, out));
  const left = (row: number) => rowAddress(backend, [x, xLast], row, above);
  const right = (row: number) => rowAddress(backend, [y, yLast], row, above);
  for (const strip of intervals(rows, aSize)) {
    const parts = partsOf(strip, above);
    for (const i of parts) {
      for (const j of parts) {
        const at = atA + 4 * (i.from * aSize + j.from - strip.from);
        multiply(backend, left(i.from), right(j.from), at, {
          ...{ rows: i.size, columns: j.size, inner: columns, transposeA: false, transposeB: true },
          width: aSize,
        });
      }
    }
  }
  for (const { from, size } of intervals(columns, bSize)) {
    for (const part of partsOf({ from: 0, size: rows }, above)) {
      multiply(backend, left(part.from) + 4 * from, right(part.from) + 4 * from, atB + 4 * from * bSize, {
        ...{ rows: size, columns: size, inner: part.size, transposeA: true, transposeB: false },
        ...{ widthA: columns, widthB: columns, width: bSize, add: part.from > 0 },
      });
    }
  }
  return [outA, outB];
}

const blockSize = (shape: readonly number[]): number => shape[shape.length - 1];

/** What a side of so many numbers falls into, block by block. */
function intervals(length: number, size: number): Interval[] {
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => {
    const from = i * size;
    return { from, size: Math.min(size, length - from) };
  });
}

/** The rows of a strip that are neighbours in memory: a last row of its own, after those `above` it, is apart. */
function partsOf({ from, size }: Interval, above: number): Interval[] {
  if (from + size <= above) return [{ from, size }];
  const last = { from: above, size: 1 };
  return from === above ? [last] : [{ from, size: size - 1 }, last];
}

/** Where a row lies. */
function rowAddress(
  backend: WasmBackend,
  [body, last]: readonly (tf.TensorInfo | undefined)[],
  row: number,
  above: number,
): number {
  return row < above ? addressOf(backend, body!) + 4 * row * body!.shape[1] : addressOf(backend, last!);
}

function multiply(backend: WasmBackend, a: number, b: number, out: number, sizes: Sizes): void {
  product(backend, sizes)(a, b, out);
}

function zeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const out = backend.makeOutput(shape, "float32");
  backend.typedArrayFromHeap(out).fill(0);
  return out;
}
