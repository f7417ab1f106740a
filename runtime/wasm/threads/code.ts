/**
 * Modules of kernels that several threads have on one heap.
 * @module
 */
import { importing } from "./shared_heap.ts";

/** A kernel: a function of addresses and sizes. What it returns is known to the thread only that has called it. */
export type Kernel = (...values: number[]) => unknown;

/** A module on a heap, or a library. */
export interface Code<Exports = Readonly<Record<string, Kernel>>> {
  /** Of which other threads compile it; of a library its path, in UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** On this thread. */
  readonly exports: Exports;
  /** All that it exports, in the module's order; none of a library, which has one function. */
  readonly names: readonly string[];
}

/** A module that imports `env.memory` and nothing else, on that memory. */
export function codeOn<Exports = Readonly<Record<string, Kernel>>>(
  memory: WebAssembly.Memory,
  module: Uint8Array<ArrayBuffer>,
): Code<Exports> {
  const bytes = importing(memory, module), compiled = new WebAssembly.Module(bytes);
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const names = WebAssembly.Module.exports(compiled).map(({ name }) => name);
  return { bytes, exports: exports as Exports, names };
}

/** All that a module exports, by number. */
export function numbered({ exports, names }: Code<unknown>): Kernel[] {
  return names.map((name) => (exports as Record<string, Kernel>)[name]);
}

/**
 * Functions of a module and a library's function as one: its first argument is the number of the function, below 0 for the library's. A
 * negative one after that, −1 − offset, is a place in memory that each thread has of its own. Its text is part of what workers are
 * started with, so it refers to nothing outside of itself.
 */
export function mixed(functions: readonly Kernel[], multiply: Kernel, own: number): Kernel {
  return (which, ...values) => {
    for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = own - 1 - values[i];
    return (which < 0 ? multiply : functions[which])(...values);
  };
}
