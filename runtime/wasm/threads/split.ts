/**
 * How work is split among threads: by what is independent in the result, so that each number is computed by one thread, in the same order
 * as by one thread alone.
 * @module
 */
import type { WorkContext } from "../context.ts";
import type { Kernels } from "../kernels.ts";
import type { Code, Kernel } from "./code.ts";
import type { JobOptions } from "./pool.ts";

/** What a number that is read and written counts as, in multiplications and additions. */
export const NUMBER = 10;

/** Tasks a thread: with one, all would wait for the last thread. */
const TASKS = 2;

/** Kernels whose results are all in memory. */
export type KernelName = {
  [Name in keyof Kernels]: ReturnType<Kernels[Name]> extends void ? Name : never;
}[keyof Kernels];

/** A part of what a kernel loops over. */
export interface Part {
  readonly from: number;
  readonly size: number;
}

/** 0 … count in at most `most` parts of about the same size, which begin at multiples of `unit`. */
export function parts(count: number, most: number, unit = 1): Part[] {
  const size = Math.max(1, Math.ceil(count / most / unit)) * unit, all: Part[] = [];
  for (let from = 0; from < count; from += size) all.push({ from, size: Math.min(size, count - from) });
  return all;
}

/** Into how many tasks so much work falls: 1 where one thread computes everything, and where it is little. */
export function tasksOf({ pool, large }: WorkContext, work: number): number {
  if (!pool || work < large) return 1;
  return Math.max(1, Math.min(TASKS * pool.threads, Math.floor(4 * work / large)));
}

/** Makes calls of a kernel, on several threads where there are such. */
export function calls(
  context: WorkContext,
  name: KernelName,
  all: readonly (readonly number[])[],
  options?: JobOptions,
): void {
  callsOf(context, context.code, name, all, options);
}

/** Makes calls of what a module exports, on several threads where there are such. */
export function callsOf(
  { pool }: Pick<WorkContext, "pool">,
  code: Code<unknown>,
  name: string,
  all: readonly (readonly number[])[],
  options?: JobOptions,
): void {
  if (pool && all.length > 1) return pool.run(code, name, all, options);
  const kernel = (code.exports as Record<string, Kernel>)[name];
  for (const values of all) kernel(...values);
}

/** What a kernel loops over. */
export interface Loop extends Pick<JobOptions, "scratch"> {
  /** How many rows, images or numbers there are. */
  readonly count: number;
  /** Where parts may begin: at multiples of this. Default: 1. */
  readonly unit?: number;
  /** How many multiplications and additions that is, or {@linkcode NUMBER} for each number. */
  readonly work: number;
}

/**
 * Calls a kernel on parts of what it loops over.
 *
 * @param values The arguments for a part.
 */
export function along(
  context: WorkContext,
  name: KernelName,
  { count, unit, work, scratch }: Loop,
  values: (part: Part) => readonly number[],
): void {
  const tasks = tasksOf(context, work), all = tasks > 1 ? parts(count, tasks, unit) : [{ from: 0, size: count }];
  calls(context, name, all.map(values), { scratch });
}

/** The rows and columns of tasks that a product of matrices falls into. */
export interface Grid {
  readonly rows: readonly Part[];
  readonly columns: readonly Part[];
}

/**
 * The grid with the least time where each task lays out its rows of a and its columns of b before it multiplies them.
 *
 * @param unit Where rows and columns of tasks may begin: at multiples of these.
 * @param tasks How many there are at most.
 * @param threads How many threads compute them. Default: so many that each has one.
 */
export function grid(
  { rows, columns }: { readonly rows: number; readonly columns: number },
  unit: { readonly rows: number; readonly columns: number },
  tasks: number,
  threads: number = tasks,
): Grid {
  const LAY_OUT = 7; // as many multiplications as a number takes to be laid out
  let least = Infinity, best = { rows: 1, columns: 1 };
  for (let down = 1; down <= tasks; down++) {
    const across = Math.floor(tasks / down);
    const height = Math.ceil(rows / down / unit.rows) * unit.rows;
    const width = Math.ceil(columns / across / unit.columns) * unit.columns;
    const count = Math.ceil(rows / height) * Math.ceil(columns / width);
    const time = Math.ceil(count / threads) * (height * width + LAY_OUT * (height + width));
    if (time < least) {
      least = time;
      best = { rows: down, columns: across };
    }
  }
  return { rows: parts(rows, best.rows, unit.rows), columns: parts(columns, best.columns, unit.columns) };
}
