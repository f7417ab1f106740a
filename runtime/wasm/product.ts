/**
 * What computes the matrix products on the heap: kernels of our own, or a BLAS.
 * @module
 */
import { type Library, PLAIN, ROW_MAJOR, TRANSPOSED } from "./blas/library.ts";
import type { WorkContext } from "./context.ts";
import type { WasmBackend } from "./heap.ts";
import { calls, grid, type Part, tasksOf } from "./threads/split.ts";

/** A product a b, where a and b are what is multiplied, after transposing. */
export interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Whether a lies in memory as `[inner, rows]`. */
  readonly transposeA: boolean;
  /** Whether b lies in memory as `[columns, inner]`. */
  readonly transposeB: boolean;
  /** Numbers from a row of a as it lies in memory to the next, where that is more than such a row has. */
  readonly widthA?: number;
  /** Likewise of b. */
  readonly widthB?: number;
  /** Likewise of the result. */
  readonly width?: number;
  /** Whether the product is added to what is there. */
  readonly add?: boolean;
}

/** Writes the product of the matrices at two addresses to a third. */
export type Product = (a: number, b: number, out: number) => void;

/** Where two matrices lie and where their product does. */
export type Places = readonly [a: number, b: number, out: number];

/**
 * The multiplications from which a library pays: 16 × 16 × 16. A call of it through Deno's FFI costs some 0.2 µs more than one of
 * a kernel, and with fewer the two take as long, or the kernel less.
 */
const FEWEST = 4096;

/** Products of these sizes, until the heap or the workspace grows. Which computes them depends on the sizes alone. */
export function product(context: WorkContext, sizes: Sizes): Product {
  const { backend, library } = context;
  if (library && isForLibrary(sizes)) return byLibrary(library, backend, sizes);
  const compute = byKernel(context, sizes);
  return (...places) => compute([places]);
}

/** Computes products of these sizes, each at its places, none of which lies where another one is written. */
export function products(context: WorkContext, sizes: Sizes, all: readonly Places[]): void {
  const { backend, library } = context;
  if (!library || !isForLibrary(sizes)) return byKernel(context, sizes)(all);
  const multiply = byLibrary(library, backend, sizes);
  for (const places of all) multiply(...places);
}

function isForLibrary({ rows, columns, inner }: Sizes): boolean {
  return rows * columns * inner >= FEWEST;
}

function byLibrary({ sgemm }: Library, { wasm }: WasmBackend, sizes: Sizes): Product {
  const { rows, columns, inner, transposeA, transposeB, add } = sizes, heap = wasm.asm.memory.buffer;
  const { widthA, widthB, width } = widths(sizes);
  const howA = transposeA ? TRANSPOSED : PLAIN, howB = transposeB ? TRANSPOSED : PLAIN, beta = add ? 1 : 0;
  const at = (address: number) => new Uint8Array(heap, address);
  return (a, b, out) =>
    sgemm(ROW_MAJOR, howA, howB, rows, columns, inner, 1, at(a), widthA, at(b), widthB, beta, at(out), width);
}

/** By a kernel of our own: a large product in rows and columns of tasks, many small ones some at a time. */
function byKernel(context: WorkContext, sizes: Sizes): (all: readonly Places[]) => void {
  const { kernels, workspace, pool } = context;
  const { rows, columns, inner, transposeA, transposeB, add } = sizes, { widthA, widthB, width } = widths(sizes);
  const bytes = kernels.productBytes(), scratch = workspace.take(bytes);
  const options = { scratch: { argument: SCRATCH, bytes } };
  const [rowA, columnA] = transposeA ? [4, 4 * widthA] : [4 * widthA, 4]; // bytes to the next one
  const [rowB, columnB] = transposeB ? [4, 4 * widthB] : [4 * widthB, 4];
  const call = ([a, b, out]: Places, i: Part, j: Part) => [
    ...[i.size, j.size, inner, a + i.from * rowA, rowA, columnA, b + j.from * columnB, rowB, columnB],
    ...[out + 4 * (i.from * width + j.from), 4 * width, scratch, add ? 1 : 0],
  ];
  const allRows = { from: 0, size: rows }, allColumns = { from: 0, size: columns };
  return (places) => {
    const tasks = tasksOf(context, 2 * places.length * rows * columns * inner), each = Math.ceil(tasks / places.length);
    if (each === 1) {
      const size = Math.ceil(places.length / tasks);
      const whole = places.map((one) => call(one, allRows, allColumns));
      return calls(context, "product", whole, { ...options, size });
    }
    const { rows: down, columns: across } = grid(sizes, each, pool!.threads);
    const split = places.flatMap((one) => down.flatMap((i) => across.map((j) => call(one, i, j))));
    calls(context, "product", split, options);
  };
}

/** Which of the kernel's arguments is memory to work in. */
const SCRATCH = 11;

function widths({ rows, columns, inner, transposeA, transposeB, widthA, widthB, width }: Sizes) {
  return {
    widthA: widthA ?? (transposeA ? rows : inner),
    widthB: widthB ?? (transposeB ? inner : columns),
    width: width ?? columns,
  };
}
