/**
 * What computes the matrix products on the heap: kernels of our own, or a BLAS.
 * @module
 */
import { PLAIN, TRANSPOSED } from "./blas/library.ts";
import type { WorkContext } from "./context.ts";
import type { Code } from "./threads/code.ts";
import type { JobOptions, Pool } from "./threads/pool.ts";
import { callsOf, type Grid, grid, type Part, tasksOf } from "./threads/split.ts";

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
  const compute = computation(context, sizes);
  return (...places) => compute([places]);
}

/** Computes products of these sizes, each at its places, none of which lies where another one is written. */
export function products(context: WorkContext, sizes: Sizes, all: readonly Places[]): void {
  computation(context, sizes)(all);
}

/** Who computes products of some sizes. */
interface Computer {
  /** The module, the function of it, and what the pool has to know. */
  readonly code: Code<unknown>;
  readonly name: string;
  readonly options?: JobOptions;
  /** Absent where one thread has to compute. */
  readonly pool?: Pool;
  /** The function's arguments for a part of a product. */
  call(places: Places, rows: Part, columns: Part): number[];
  /** The parts that each product falls into where so many tasks would be good for it. */
  parts(tasks: number): Grid;
}

function computation(context: WorkContext, sizes: Sizes): (all: readonly Places[]) => void {
  const { rows, columns, inner } = sizes, { library } = context;
  const by = library && rows * columns * inner >= FEWEST ? byLibrary : byKernel;
  const { code, name, options, pool, call, parts } = by(context, sizes);
  return (all) => {
    const tasks = tasksOf(context, 2 * all.length * rows * columns * inner);
    const grid = parts(Math.ceil(tasks / all.length)), each = grid.rows.length * grid.columns.length;
    const split = all.flatMap((one) => grid.rows.flatMap((i) => grid.columns.map((j) => call(one, i, j))));
    callsOf({ pool: tasks > 1 ? pool : undefined }, code, name, split, {
      ...options,
      ...each === 1 && { size: Math.ceil(all.length / tasks) },
    });
  };
}

/** What a library's task has at least, in multiplications, and how many tasks a product falls into at most. */
const LIBRARY_TASK = 8e6, MOST_LIBRARY_TASKS = 8;

/**
 * By a library. Its bits depend on the sizes that it is called with, so that parts depend on the product's sizes alone: not on the number of
 * threads.
 */
function byLibrary({ library, pool }: WorkContext, sizes: Sizes): Computer {
  const { rows, columns, inner, transposeA, transposeB, add } = sizes, { widthA, widthB, width } = widths(sizes);
  const { code, library: { isForThreads } } = library!;
  const howA = transposeA ? TRANSPOSED : PLAIN, howB = transposeB ? TRANSPOSED : PLAIN;
  const count = isForThreads ? Math.floor(rows * columns * inner / LIBRARY_TASK) : 1;
  const parts = grid(sizes, { rows: 64, columns: 64 }, Math.max(1, Math.min(MOST_LIBRARY_TASKS, count)));
  return {
    ...{ code, name: "multiply", pool: isForThreads ? pool : undefined },
    parts: () => parts,
    call: ([a, b, out], i, j) => [
      ...[howA, howB, i.size, j.size, inner, a + 4 * i.from * (transposeA ? 1 : widthA), widthA],
      ...[b + 4 * j.from * (transposeB ? widthB : 1), widthB, add ? 1 : 0, out + 4 * (i.from * width + j.from), width],
    ],
  };
}

/** By a kernel of our own. */
function byKernel({ kernels, code, workspace, pool }: WorkContext, sizes: Sizes): Computer {
  const { inner, transposeA, transposeB, add } = sizes, { widthA, widthB, width } = widths(sizes);
  const bytes = kernels.productBytes(), scratch = workspace.take(bytes);
  const [rowA, columnA] = transposeA ? [4, 4 * widthA] : [4 * widthA, 4]; // bytes to the next one
  const [rowB, columnB] = transposeB ? [4, 4 * widthB] : [4 * widthB, 4];
  return {
    ...{ code, name: "product", pool, options: { scratch: { argument: SCRATCH, bytes } } },
    parts: (tasks) => grid(sizes, { rows: 4, columns: 8 }, tasks, pool?.threads),
    call: ([a, b, out], i, j) => [
      ...[i.size, j.size, inner, a + i.from * rowA, rowA, columnA, b + j.from * columnB, rowB, columnB],
      ...[out + 4 * (i.from * width + j.from), 4 * width, scratch, add ? 1 : 0],
    ],
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
