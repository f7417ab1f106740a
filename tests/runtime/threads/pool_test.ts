/** The pool: every task is done once, errors are errors, and the threads rest where they do not help. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";
import { program } from "../../../runtime/elementwise/program.ts";
import { elementwiseModule } from "../../../runtime/wasm/elementwise_module.ts";
import type { WasmBackend } from "../../../runtime/wasm/heap.ts";
import { BackOff } from "../../../runtime/wasm/threads/back_off.ts";
import { codeOn, type Kernel } from "../../../runtime/wasm/threads/code.ts";
import { type JobOptions, Pool } from "../../../runtime/wasm/threads/pool.ts";

await chooseBackend("wasm", { blas: "off" });
const { wasm: heap } = tf.backend() as unknown as WasmBackend;
const bytes = elementwiseModule(program(({ x }) => ({ y: x.add(x) })), []);

/** Runs a job of some additions on a pool; `mine` is the kernel on the main thread. */
function job(
  pool: Pool,
  count: number,
  mine: (real: Kernel, outputs: Float32Array) => Kernel,
  options?: JobOptions,
): number[] {
  const code = codeOn(heap.asm.memory, bytes), at = heap._malloc(4 * 3 * count) >>> 0;
  try {
    const numbers = new Float32Array(heap.asm.memory.buffer, at, 3 * count),
      outputs = numbers.subarray(count, 2 * count);
    numbers.forEach((_, i) => numbers[i] = i < count ? i + 1 : 0);
    const calls = Array.from(
      { length: count },
      (_, i) => [4, at + 4 * i, at + 4 * (count + i), at + 4 * (2 * count + i)],
    );
    pool.run({ ...code, exports: { run: mine(code.exports.run, outputs) } }, "run", calls, options);
    return [...outputs];
  } finally {
    heap._free(at);
  }
}

/** A kernel that begins only when all results but so many are there: other threads have computed them. */
const lastOf = (left: number) => (real: Kernel, outputs: Float32Array): Kernel => (...values) => {
  const begin = performance.now();
  while (outputs.filter((y) => y === 0).length > left) {
    if (performance.now() - begin > 20_000) throw new Error("no other thread came");
  }
  return real(...values);
};

const sums = (count: number) => Array.from({ length: count }, (_, i) => 2 * (i + 1));

Deno.test("pool: other threads do all tasks but the one that the main thread has, and calls come in tasks", () => {
  const pool = new Pool(heap, 3);
  try {
    for (let round = 0; round < 20; round++) assertEquals(job(pool, 7, lastOf(1)), sums(7));
    assertEquals(job(pool, 10, lastOf(4), { size: 4 }), sums(10)); // 4, 4 and 2 of them: the main thread has one of the tasks
  } finally {
    pool.close();
  }
});

Deno.test("pool: more calls than a job has room for", () => {
  const pool = new Pool(heap, 2);
  try {
    const real = (real: Kernel) => real;
    for (const size of [1, 5, 3000]) assertEquals(job(pool, 9000, real, { size }), sums(9000));
  } finally {
    pool.close();
  }
});

Deno.test("pool: a kernel that fails is an error, on the main thread its own, and the next job goes on", () => {
  const pool = new Pool(heap, 2);
  try {
    const fails = () => () => {
      throw new RangeError("mine");
    };
    assertThrows(() => job(pool, 3, fails), RangeError, "mine");
    // beyond the memory: a trap wherever it runs
    const code = codeOn(heap.asm.memory, bytes), far = 2 ** 32 - 16;
    let others = 0;
    const exports = { run: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20) };
    for (let i = 0; i < 200 && others === 0; i++) {
      try {
        pool.run({ ...code, exports }, "run", Array(4).fill([4, far, far, far]));
      } catch (error) {
        assertEquals((error as Error).message, "wasm: a kernel failed on another thread");
        others++;
      }
    }
    assertEquals(others, 1);
    assertEquals(job(pool, 7, lastOf(1)), sums(7));
  } finally {
    pool.close();
  }
});

/** What the pool starts; `source` makes another program of its own. */
async function withWorkers(
  source: (own: string) => string,
  test: (seen: { started: number; failed: number }) => unknown,
) {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): unknown } };
  const { getBuiltinModule } = process, seen = { started: 0, failed: 0 };
  const { Worker } = getBuiltinModule.call(process, "worker_threads") as {
    Worker: new (source: string, options: object) => { on(name: string, then: () => void): void };
  };
  process.getBuiltinModule = () => ({
    Worker: class extends Worker {
      constructor(own: string, options: object) {
        super(source(own), options);
        seen.started++;
        this.on("error", () => seen.failed++);
      }
    },
  });
  try {
    await test(seen);
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
}

Deno.test("pool: a worker starts at each of the first jobs, and none before", () =>
  withWorkers((own) => own, (seen) => {
    const pool = new Pool(heap, 3), started = [];
    for (const count of [1, 1, 7, 7, 7, 7]) {
      job(pool, count, (real) => real);
      started.push(seen.started);
    }
    pool.close();
    assertEquals(started, [0, 0, 1, 2, 2, 2]);
  }));

Deno.test("pool: a thread that has ended is an error and no wait", () =>
  withWorkers(() => `throw new Error("broken")`, async (seen) => {
    const pool = new Pool(heap, 2);
    assertEquals(job(pool, 3, (real) => real), sums(3)); // nobody waits for one that has taken nothing
    while (seen.failed === 0) await new Promise((resolve) => setTimeout(resolve, 5)); // a thread by itself keeps no program alive
    const error = assertThrows(() => job(pool, 3, (real) => real), Error, "wasm: a thread has ended");
    assertStringIncludes((error.cause as Error).message, "broken");
    pool.close();
  }));

Deno.test("pool: where the heap has no room for others to work in, fewer threads compute", () => {
  const scratch = { argument: 3, bytes: 2 ** 21 };
  let room = 1;
  const full = {
    asm: heap.asm,
    _free: (address: number) => heap._free(address),
    _malloc: (bytes: number) => {
      if (bytes === scratch.bytes && room-- <= 0) throw new Error("full");
      return heap._malloc(bytes);
    },
  };
  const pool = new Pool(full, 4);
  try {
    assertEquals(job(pool, 7, lastOf(1), { scratch }), sums(7)); // one other thread has some
  } finally {
    pool.close();
  }
  const alone = new Pool(full, 4);
  assertEquals(job(alone, 7, (real) => real, { scratch }), sums(7));
  alone.close();
});

Deno.test("pool: what it took from the heap it gives back", () => {
  const free = () => { // what a large piece gets is where the last one was, unless something is left
    const at = heap._malloc(2 ** 20);
    heap._free(at);
    return at;
  };
  const use = () => {
    const pool = new Pool(heap, 3);
    job(pool, 7, (real) => real, { scratch: { argument: 3, bytes: 2 ** 21 } });
    pool.close();
  };
  use();
  const before = free();
  for (let i = 0; i < 5; i++) use();
  assertEquals(free(), before);
});

Deno.test("back-off: jobs that lose time let the threads rest for 20 times as long, those that gain do not", () => {
  const account = new BackOff();
  for (let i = 0; i < 100; i++) account.enter(1, 0.1, 0);
  account.enter(1, 3, 0); // what was gained pays for it
  assert(!account.rests(0));
  account.enter(1, 3, 0);
  assert(account.rests(0) && account.rests(39) && !account.rests(41));
  account.enter(1, 0.1, 41);
  assert(!account.rests(41));
  let now = 100, lost = 0;
  while (now < 10_000) { // threads that never help
    account.enter(1, 5, now);
    lost += 4;
    while (account.rests(now)) now += 2;
  }
  assert(lost < 0.015 * 9900, `${lost}`);
  for (let i = 0; i < 1000; i++) account.enter(1, 0, now); // they help again
  account.enter(0, 3, now += 2000);
  assert(account.rests(now + 19) && !account.rests(now + 21));
  now += 100;
  for (let i = 0; i < 1000; i++) account.enter(0, 0.01, now); // a little each time is much in the end
  assert(account.rests(now));
});
