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

/** Where two matrices lie and where their product does. */
export type Places = readonly [a: number, b: number, out: number];

/**
 * The multiplications from which a library pays: 16 × 16 × 16. A call of it through Deno's FFI costs some 0.2 µs more than one of
 * a kernel, and with fewer the two take as long, or the kernel less.
 */
const FEWEST = 4096;

/**
 * Computes products of these sizes, each at its places, none of which lies where another one is written. Which computes them depends on the
 * sizes alone.
 */
export function products(context: WorkContext, sizes: Sizes, all: readonly Places[]): void {
  const { rows, columns, inner } = sizes, isLarge = rows * columns * inner >= FEWEST;
  computed(context, sizes, all, context.library && isLarge ? byLibrary(context, sizes) : byKernel(context, sizes));
}

/** The same by the library, however small they are: it takes nothing of the workspace. */
export function libraryProducts(context: WorkContext, sizes: Sizes, all: readonly Places[]): void {
  computed(context, sizes, all, byLibrary(context, sizes));
}

function computed(context: WorkContext, sizes: Sizes, all: readonly Places[], by: Computer): void {
  const { rows, columns, inner } = sizes, { code, name, options, pool, call, parts } = by;
  const tasks = tasksOf(context, 2 * all.length * rows * columns * inner);
  const pieces = parts(Math.ceil(tasks / all.length)), each = pieces.rows.length * pieces.columns.length;
  const split = all.flatMap((one) => pieces.rows.flatMap((i) => pieces.columns.map((j) => call(one, i, j))));
  callsOf({ pool: tasks > 1 ? pool : undefined }, code, name, split, {
    ...options,
    ...each === 1 && { size: Math.ceil(all.length / tasks) },
  });
}

/** A product that has its place in a sequence. */
export interface Step {
  readonly sizes: Sizes;
  readonly places: Places;
}

/**
 * Computes products that follow each other in sequences, each of which touches nothing that another one writes. A thread takes a whole
 * sequence; or several share each product, where a library computes it and where sequences are few.
 */
export function sequences(context: WorkContext, all: readonly (readonly Step[])[]): void {
  const { library, kernels, code, workspace, pool } = context, steps = all.flat();
  const work = steps.reduce((sum, { sizes: { rows, columns, inner } }) => sum + 2 * rows * columns * inner, 0);
  if (library || pool && all.length < Math.min(pool.threads, tasksOf(context, work / steps.length))) {
    for (const { sizes, places } of steps) products(context, sizes, [places]);
    return;
  }
  const size = all.reduce((most, { length }) => Math.max(most, length), 0), bytes = kernels.productBytes();
  const nothing = Array(CALL).fill(0), scratch = workspace.take(bytes);
  const calls = all.flatMap((steps) => [
    ...steps.map(({ sizes, places }) => kernelCall(sizes, scratch)(places, whole(sizes.rows), whole(sizes.columns))),
    ...Array(size - steps.length).fill(nothing),
  ]);
  const isLarge = tasksOf(context, work) > 1;
  callsOf({ pool: isLarge ? pool : undefined }, code, "product", calls, {
    size,
    scratch: { argument: SCRATCH, bytes },
  });
}

const whole = (size: number): Part => ({ from: 0, size });

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

/** What a library's task has at least, in multiplications, and how many tasks a product falls into at most. */
const LIBRARY_TASK = 8e6, MOST_LIBRARY_TASKS = 8;

/**
 * By a library. Its bits depend on the sizes that it is called with, so that parts depend on the product's sizes alone: not on the number of
 * threads.
 */
function byLibrary({ library, pool }: WorkContext, sizes: Sizes): Computer {
  const { rows, columns, inner, transposeA, transposeB } = sizes, { widthA, widthB, width } = widths(sizes);
  const { code, library: { isForThreads } } = library!;
  const count = isForThreads ? Math.floor(rows * columns * inner / LIBRARY_TASK) : 1;
  const parts = grid(sizes, { rows: 64, columns: 64 }, Math.max(1, Math.min(MOST_LIBRARY_TASKS, count)));
  return {
    ...{ code, name: "multiply", pool: isForThreads ? pool : undefined },
    parts: () => parts,
    call: ([a, b, out], i, j) =>
      libraryCall({ ...sizes, rows: i.size, columns: j.size, widthA, widthB, width }, [
        a + 4 * i.from * (transposeA ? 1 : widthA),
        b + 4 * j.from * (transposeB ? widthB : 1),
        out + 4 * (i.from * width + j.from),
      ]),
  };
}

/** Several products of the same sizes: how many, and the bytes from one's a, b and result to the next one's. */
interface Repeated {
  readonly count: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
}

/** The arguments of a library's `multiply`. */
export function libraryCall(
  sizes: Sizes,
  [a, b, out]: Places,
  next: Repeated = { count: 1, a: 0, b: 0, out: 0 },
): number[] {
  const { rows, columns, inner, transposeA, transposeB, add } = sizes, { widthA, widthB, width } = widths(sizes);
  const [howA, howB] = [transposeA, transposeB].map((transposes) => transposes ? TRANSPOSED : PLAIN);
  return [
    ...[next.count, next.a, next.b, next.out, howA, howB, rows, columns, inner],
    ...[a, widthA, b, widthB, add ? 1 : 0, out, width],
  ];
}

/** By a kernel of our own. */
function byKernel({ kernels, code, workspace, pool }: WorkContext, sizes: Sizes): Computer {
  const bytes = kernels.productBytes(), options = { scratch: { argument: SCRATCH, bytes } };
  return {
    ...{ code, name: "product", pool, options, call: kernelCall(sizes, workspace.take(bytes)) },
    parts: (tasks) => grid(sizes, { rows: 4, columns: 8 }, tasks, pool?.threads),
  };
}

/** How many arguments the kernel has, and which of them is memory to work in. */
const CALL = 13, SCRATCH = 11;

function kernelCall(sizes: Sizes, scratch: number): Computer["call"] {
  const { inner, transposeA, transposeB, add } = sizes, { widthA, widthB, width } = widths(sizes);
  const [rowA, columnA] = transposeA ? [4, 4 * widthA] : [4 * widthA, 4]; // bytes to the next one
  const [rowB, columnB] = transposeB ? [4, 4 * widthB] : [4 * widthB, 4];
  return ([a, b, out], i, j) => [
    ...[i.size, j.size, inner, a + i.from * rowA, rowA, columnA, b + j.from * columnB, rowB, columnB],
    ...[out + 4 * (i.from * width + j.from), 4 * width, scratch, add ? 1 : 0],
  ];
}

function widths({ rows, columns, inner, transposeA, transposeB, widthA, widthB, width }: Sizes) {
  return {
    widthA: widthA ?? (transposeA ? rows : inner),
    widthB: widthB ?? (transposeB ? inner : columns),
    width: width ?? columns,
  };
}
