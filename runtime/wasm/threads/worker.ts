/**
 * What a worker of the pool does.
 * @module
 */
import type { Worker } from "node:worker_threads";
import { SYMBOLS } from "../blas/library.ts";
import { multiplier } from "../blas/on_heap.ts";
import { mixed as mixedKernel } from "./code.ts";

/** What a worker is started with. */
export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  /** Words of 32 bits at {@linkcode at}, then from `table` on the arguments of calls. */
  readonly block: SharedArrayBuffer;
  readonly table: number;
  /** Which of the workers it is. */
  readonly index: number;
  readonly at: typeof at;
  /** What a BLAS exports. */
  readonly symbols: typeof SYMBOLS;
}

/** Where words lie in the block. What different threads write at the same time lies in different cache lines. */
export const at = {
  /** The number of jobs so far: workers without work wait for another one. */
  sequence: 0,
  /** How many workers wait. */
  sleepers: 16,
  /** The ticket: the number of the job, and in its last 8 bits that of the next task. */
  next: 32,
  /** How many tasks the job has. */
  tasks: 48,
  /** How many of them are done. */
  done: 64,
  /** Whether the main thread waits for that. */
  isAwaited: 80,
  /** Whether a kernel failed. */
  hasFailed: 81,
  /** Whether workers shall end. */
  hasEnded: 82,
  /** The job: {@linkcode Job}, word by word. */
  job: 96,
  /** Where each worker's memory to work in lies. */
  scratch: 112,
  /** In the place of a function's number: each call begins with the number of its own. */
  isMixed: -2,
} as const;

/** What workers are told of a job. */
export type Job = [
  /** The module's or library's number, and where its bytes lie. */
  code: number,
  address: number,
  bytes: number,
  /** Which of the functions that it exports; {@linkcode LIBRARY}, or `at.isMixed`. */
  kernel: number,
  /** Arguments of a call, calls, and calls of a task. */
  width: number,
  calls: number,
  size: number,
  /** Which argument is the thread's own memory to work in; −1 for none. */
  scratch: number,
  /** How many workers take part. */
  workers: number,
  /** Of mixed calls: the library, as the module above. */
  library: number,
  libraryAddress: number,
  libraryBytes: number,
];

/** In the place of a function's number: a library's function. */
export const LIBRARY = -1;

/** How many tasks a job can have: so many fit into a ticket. */
export const MOST_TASKS = 255;

/**
 * The whole of a worker: its text is what the thread is started with, so it refers to nothing outside of itself. With a library that has
 * OpenMP each thread says for itself that it computes alone.
 *
 * Everything reaches it through shared memory, modules too: while it sleeps in `Atomics.wait` no message can. A worker copies a task and
 * takes its ticket only then: if the main thread has begun another job meanwhile, the ticket is another one, and what was copied of
 * two jobs is thrown away.
 */
function work(
  { memory, block, table, index, at, symbols }: WorkerData,
  multiply: typeof multiplier,
  mixed: typeof mixedKernel,
): void {
  const SPIN = 0.2; // milliseconds between jobs for which it does not pay to sleep
  const MOST_MODULES = 300;
  const words = new Int32Array(block), values = new Float64Array(block, table);
  const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => {});
  const modules = new Map<number, ((...values: number[]) => void)[]>();
  const libraries = new Map<number, (...values: number[]) => void>();

  const libraryOf = (code: number, address: number, bytes: number) => {
    let kernel = libraries.get(code);
    if (kernel === undefined) {
      const path = new TextDecoder().decode(new Uint8Array(memory.buffer, address >>> 0, bytes).slice());
      const file = Deno.dlopen(path, symbols).symbols;
      file.openblas_set_num_threads?.(1);
      kernel = multiply(file.cblas_sgemm, memory) as () => void;
      libraries.set(code, kernel);
    }
    return kernel;
  };

  const kernelsOf = (code: number, address: number, bytes: number) => {
    let kernels = modules.get(code);
    if (kernels === undefined) {
      const module = new WebAssembly.Module(new Uint8Array(memory.buffer, address >>> 0, bytes).slice());
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      kernels = WebAssembly.Module.exports(module).map(({ name }) => exports[name] as () => void);
      if (modules.size >= MOST_MODULES) modules.delete(modules.keys().next().value!); // the oldest
      modules.set(code, kernels);
    }
    return kernels;
  };

  /** Does a task, if there is one; whether to look for another. */
  const take = (): boolean => {
    const ticket = Atomics.load(words, at.next), task = ticket & 0xff;
    if (task >= Atomics.load(words, at.tasks)) return false;
    const [code, address, bytes, kernel, width, calls, size, scratch, workers, ...library] = words.slice(
      at.job,
      at.job + 12,
    );
    if (index >= workers) return false;
    const mine = values.slice(task * size * width, Math.min(calls, (task + 1) * size) * width);
    if (Atomics.compareExchange(words, at.next, ticket, ticket + 1) !== ticket) return true;
    try {
      const own = words[at.scratch + index];
      if (kernel === at.isMixed) {
        const run = mixed(kernelsOf(code, address, bytes), libraryOf(library[0], library[1], library[2]), own);
        for (let i = 0; i < mine.length; i += width) run(...mine.subarray(i, i + width));
      } else {
        const run = kernel < 0 ? libraryOf(code, address, bytes) : kernelsOf(code, address, bytes)[kernel];
        for (let i = 0; i < mine.length; i += width) {
          if (scratch >= 0) mine[i + scratch] = own;
          run(...mine.subarray(i, i + width));
        }
      }
    } catch {
      Atomics.store(words, at.hasFailed, 1);
    }
    Atomics.add(words, at.done, 1);
    if (Atomics.load(words, at.isAwaited)) Atomics.notify(words, at.done);
    return true;
  };

  for (;;) {
    const sequence = Atomics.load(words, at.sequence);
    if (Atomics.load(words, at.hasEnded)) return;
    while (take());
    const end = performance.now() + SPIN;
    while (Atomics.load(words, at.sequence) === sequence && performance.now() < end) {
      for (let i = 0; i < 20; i++) pause();
    }
    if (Atomics.load(words, at.sequence) !== sequence) continue;
    Atomics.add(words, at.sleepers, 1);
    Atomics.wait(words, at.sequence, sequence);
    Atomics.sub(words, at.sleepers, 1);
  }
}

/** Whether the engine has the threads of Node, which let a process end while they sleep: a web worker does not. */
export function hasThreads(): boolean {
  return workerClass() !== undefined;
}

/** Starts a worker, which takes tens of milliseconds. `ended` is told why if it ends before it shall. */
export function startWorker(data: Omit<WorkerData, "at" | "symbols">, ended: (error: unknown) => void): void {
  const source = `(${work})(require("worker_threads").workerData, ${multiplier}, ${mixedKernel})`;
  const workerData: WorkerData = { ...data, at, symbols: SYMBOLS };
  const worker = new (workerClass()!)(source, { eval: true, workerData });
  worker.on("error", ended);
  worker.unref(); // or the process would not end: a worker that sleeps hears nothing
}

/** Asked for at run time, as a bundle for browsers has no module of Node. */
function workerClass(): typeof Worker | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): { Worker: typeof Worker } } };
  return process?.getBuiltinModule?.("worker_threads")?.Worker;
}
