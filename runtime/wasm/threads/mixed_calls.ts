/**
 * Work that one thread does in several steps, of kernels and of a library, with memory of its own between them.
 * @module
 */
import type { WorkContext } from "../context.ts";
import { mixed, numbered } from "./code.ts";
import type { KernelName } from "./split.ts";
import { LIBRARY } from "./worker.ts";

/** A call of a kernel, or of the library's function, in a sequence. */
export type MixedCall = readonly [name: KernelName | "multiply", ...values: number[]];

/** A place in the memory that a thread has of its own while it makes mixed calls. */
export const own = (offset: number): number => -1 - offset;

/**
 * Makes calls of kernels and of the library in tasks of `size` of them: one thread makes them one after another, with memory of its own between
 * them ({@linkcode own}).
 *
 * @param memory The main thread's, and how many bytes of it each thread needs.
 */
export function mixedCalls(
  { code, library, pool }: WorkContext,
  all: readonly MixedCall[],
  { size, isLarge, memory }: {
    readonly size: number;
    /** Whether several threads pay. */
    readonly isLarge: boolean;
    readonly memory: { readonly address: number; readonly bytes: number };
  },
): void {
  const width = all.reduce((most, { length }) => Math.max(most, length), 0);
  const calls = all.map(([name, ...values]) => [
    ...[name === "multiply" ? LIBRARY : code.names.indexOf(name), ...values],
    ...Array<number>(width - 1 - values.length).fill(0),
  ]);
  const { code: libraryCode, library: { isForThreads } } = library!;
  const run = mixed(numbered(code), libraryCode.exports.multiply, memory.address);
  if (pool && isLarge && isForThreads && all.length > size) {
    return pool.runMixed(run, code, libraryCode, calls, { size, bytes: memory.bytes });
  }
  for (const values of calls) run(...values);
}

/** Parts of sequences in a task, at most: eight tasks of three calls each fit into the table of a job. */
const MOST_PARTS = 32;

/**
 * Makes mixed calls that follow each other in sequences, each of some parts, with as many parts in each sequence but the last, which may have
 * fewer. What a part leaves in a thread's own memory is lost.
 */
export function inSequence(
  context: WorkContext,
  sequences: readonly (readonly (readonly MixedCall[])[])[],
  options: Omit<Parameters<typeof mixedCalls>[2], "size">,
): void {
  for (let from = 0; from < sequences[0].length; from += MOST_PARTS) {
    const some = sequences.map((parts) => parts.slice(from, from + MOST_PARTS).flat());
    mixedCalls(context, some.flat(), { ...options, size: some[0].length });
  }
}
