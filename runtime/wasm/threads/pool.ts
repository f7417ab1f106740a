/**
 * Threads that compute together.
 * @module
 */
import type { Heap } from "../heap.ts";
import { BackOff } from "./back_off.ts";
import type { Code, Kernel } from "./code.ts";
import { at, type Job, LIBRARY, MOST_TASKS, startWorker } from "./worker.ts";

/** Numbers in the table of a job's calls, and bytes that workers have to work in, all of them together. */
const MOST_VALUES = 16_384, MOST_SCRATCH = 2 ** 28;
/** How long the main thread looks again and again whether a job is done, before it sleeps, in milliseconds. */
const SPIN = 0.1;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => {});

/** How calls become tasks. */
export interface JobOptions {
  /** How many calls a task has. Default: 1. */
  readonly size?: number;
  /** Which argument is memory to work in, and how many bytes of it. In the calls it is the main thread's. */
  readonly scratch?: { readonly argument: number; readonly bytes: number };
}

/** The arguments of calls; all have as many. */
type Calls = readonly (readonly number[])[];

/** What is called: on this thread, and by its number on the others. */
interface JobKernel {
  readonly kernel: Kernel;
  readonly code: Code<unknown>;
  readonly number: number;
  readonly library?: Code<unknown>;
}

/**
 * The main thread with workers on the same heap. A job is calls of one kernel, in tasks; each thread takes the next task until there is
 * none. Which thread computes a task does not matter for its result.
 */
export class Pool {
  readonly #heap: Heap;
  readonly #block: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #places = new Map<Code<unknown>, { readonly number: number; readonly address: number }>();
  readonly #backOff = new BackOff();
  #workers = 0;
  #modules = 0;
  #jobs = 0;
  /** The bytes that each worker has to work in. */
  #scratch: number[] = [];
  #error: unknown;

  /**
   * No worker runs yet.
   *
   * @param heap Shared memory.
   * @param threads How many threads there are with the main one.
   */
  constructor(heap: Heap, readonly threads: number) {
    const table = 8 * Math.ceil((at.scratch + threads) / 2);
    this.#heap = heap;
    this.#block = new SharedArrayBuffer(table + 8 * MOST_VALUES);
    this.#words = new Int32Array(this.#block, 0, table / 4);
    this.#values = new Float64Array(this.#block, table);
  }

  /**
   * Makes the calls, and returns when all of them are done. Each job starts one more worker, as that takes a while.
   *
   * @throws what a kernel throws; `Error` for one that failed on another thread, and where a thread has ended.
   */
  run(code: Code<unknown>, name: string, calls: Calls, options: JobOptions = {}): void {
    const kernel = (code.exports as Record<string, Kernel>)[name], number = code.names.indexOf(name);
    this.#run({ kernel, code, number: number < 0 ? LIBRARY : number }, calls, options);
  }

  /**
   * Makes calls of a module's functions and of a library's.
   *
   * @param kernel What makes them on this thread: `mixed`, with memory of this thread's.
   * @param size How many calls a task has, all of which one thread makes.
   * @param bytes How much memory of its own each thread has.
   */
  runMixed(
    kernel: Kernel,
    code: Code<unknown>,
    library: Code<unknown>,
    calls: Calls,
    { size, bytes }: { readonly size: number; readonly bytes: number },
  ): void {
    const scratch = { argument: -1, bytes };
    if (size * calls[0].length > MOST_VALUES) { // a task stays with one thread
      for (const call of calls) kernel(...call);
      return;
    }
    this.#run({ kernel, code, number: at.isMixed, library }, calls, { size, scratch });
  }

  #run(job: JobKernel, calls: Calls, options: JobOptions): void {
    const { kernel, code, library } = job, width = calls[0].length, { scratch } = options;
    const room = Math.floor(MOST_VALUES / width); // for calls
    // so that each thread gets two tasks; a task of mixed calls is never parted
    const longest = library ? Infinity : Math.max(1, Math.floor(room / (2 * this.threads)));
    const size = Math.min(options.size ?? 1, longest);
    const step = Math.min(MOST_TASKS, Math.floor(room / size)) * size;
    const most = Math.min(this.threads - 1, Math.floor(MOST_SCRATCH / (scratch?.bytes ?? 1)));
    const alone = calls.length <= size || most === 0 || this.#backOff.rests(performance.now());
    const workers = alone ? 0 : scratch ? this.#provide(scratch.bytes, most) : most;
    if (workers === 0) {
      for (const call of calls) kernel(...call);
      return;
    }
    if (this.#workers < this.threads - 1) this.#start();
    const about = [...this.#told(code), job.number, width] as const;
    const other = library ? this.#told(library) : [0, 0, 0] as const;
    for (let from = 0; from < calls.length; from += step) {
      const some = calls.slice(from, from + step);
      this.#publish([...about, some.length, size, scratch?.argument ?? -1, workers, ...other], some);
      this.#takePart(kernel, some, size);
    }
  }

  /** Takes a module away that no job needs any more. */
  forget(code: Code<unknown>): void {
    const place = this.#places.get(code);
    if (place) this.#heap._free(place.address);
    this.#places.delete(code);
  }

  /** Ends the workers, and gives their memory back. */
  close(): void {
    Atomics.store(this.#words, at.hasEnded, 1);
    this.#wake(Infinity);
    for (const code of [...this.#places.keys()]) this.forget(code);
    this.#scratch.forEach((bytes, i) => bytes > 0 && this.#heap._free(this.#words[at.scratch + i]));
    this.#scratch = [];
  }

  #start(): void {
    const shared = { memory: this.#heap.asm.memory, block: this.#block, table: this.#values.byteOffset };
    startWorker({ ...shared, index: this.#workers++ }, (error) => this.#error ??= error);
  }

  #told(code: Code<unknown>): readonly [number: number, address: number, bytes: number] {
    const { number, address } = this.#place(code);
    return [number, address, code.bytes.length];
  }

  /** Where workers find a module. */
  #place(code: Code<unknown>) {
    let place = this.#places.get(code);
    if (place === undefined) {
      const address = this.#heap._malloc(code.bytes.length) >>> 0;
      new Uint8Array(this.#heap.asm.memory.buffer, address).set(code.bytes);
      place = { number: this.#modules++, address };
      this.#places.set(code, place);
    }
    return place;
  }

  /** Sees to it that workers have so much memory to work in. Returns how many of them do: fewer where the heap is nearly full. */
  #provide(bytes: number, workers: number): number {
    for (let i = 0; i < workers; i++) {
      const { [i]: before = 0 } = this.#scratch;
      if (bytes <= before) continue;
      this.#scratch[i] = 0;
      if (before > 0) this.#heap._free(this.#words[at.scratch + i]);
      try {
        this.#words[at.scratch + i] = this.#heap._malloc(bytes);
      } catch {
        return i; // what one thread can do is no reason to refuse it
      }
      this.#scratch[i] = bytes;
    }
    return workers;
  }

  /** Lets workers see a job. They may look at any time: so there are no tasks while what a task is changes. */
  #publish(job: Job, calls: Calls): void {
    if (this.#error) throw new Error("wasm: a thread has ended", { cause: this.#error });
    const words = this.#words, tasks = Math.ceil(job[5] / job[6]);
    Atomics.store(words, at.tasks, 0);
    this.#jobs = (this.#jobs + 1) & 0x7fffff;
    Atomics.store(words, at.next, this.#jobs << 8);
    words.set(job, at.job);
    calls.forEach((call, i) => this.#values.set(call, i * call.length));
    Atomics.store(words, at.hasFailed, 0);
    Atomics.store(words, at.done, 0);
    Atomics.store(words, at.tasks, tasks);
    this.#wake(tasks - 1);
  }

  #wake(workers: number): void {
    Atomics.add(this.#words, at.sequence, 1);
    if (Atomics.load(this.#words, at.sleepers) > 0) Atomics.notify(this.#words, at.sequence, workers);
  }

  /** Does tasks as long as there are any, and waits for those that workers have taken. */
  #takePart(kernel: Kernel, calls: Calls, size: number): void {
    const words = this.#words, tasks = Math.ceil(calls.length / size);
    let mine = 0, now = performance.now(), least = Infinity, thrown: { readonly error: unknown } | undefined;
    for (;;) {
      const ticket = Atomics.load(words, at.next), task = ticket & 0xff;
      if (task >= tasks) break;
      if (Atomics.compareExchange(words, at.next, ticket, ticket + 1) !== ticket) continue;
      mine++;
      try {
        for (let i = task * size; i < Math.min(calls.length, (task + 1) * size); i++) kernel(...calls[i]);
      } catch (error) {
        thrown ??= { error }; // workers still compute
      }
      const before = now;
      now = performance.now();
      least = Math.min(least, now - before);
    }
    Atomics.add(words, at.done, mine);
    this.#wait(tasks);
    const end = performance.now();
    if (thrown) throw thrown.error;
    if (Atomics.load(words, at.hasFailed)) throw new Error("wasm: a kernel failed on another thread");
    if (mine > 0) this.#backOff.enter((tasks - mine) * least, end - now, end);
  }

  #wait(tasks: number): void {
    const words = this.#words, begin = performance.now();
    for (let done = Atomics.load(words, at.done); done < tasks; done = Atomics.load(words, at.done)) {
      for (let i = 0; i < 20; i++) pause();
      if (performance.now() - begin < SPIN) continue;
      Atomics.store(words, at.isAwaited, 1);
      const last = Atomics.load(words, at.done);
      if (last < tasks) Atomics.wait(words, at.done, last);
      Atomics.store(words, at.isAwaited, 0);
    }
  }
}
