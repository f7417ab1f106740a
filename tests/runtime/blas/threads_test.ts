/** Products by a BLAS on several threads. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { isForThreads } from "../../../runtime/wasm/blas/library.ts";
import { batchMatMul } from "../../../runtime/wasm/batch_mat_mul.ts";
import { free, type WasmBackend } from "../../../runtime/wasm/heap.ts";
import type { Code, Kernel } from "../../../runtime/wasm/threads/code.ts";
import { onThreads } from "../threads/on_threads.ts";
import { blasTest } from "./blas_test_case.ts";

type Shape = readonly number[];

/** Of what is multiplied, and whether a and b lie transposed. */
const cases: readonly (readonly [a: Shape, b: Shape, boolean, boolean])[] = [
  [[130, 700], [700, 301], false, false],
  [[700, 130], [700, 301], true, false],
  [[130, 700], [301, 700], false, true],
  [[700, 130], [301, 700], true, true],
  [[3, 1000], [1000, 3001], false, false],
  [[9, 40, 50], [9, 50, 60], false, false],
  [[2, 200, 300], [2, 200, 300], false, true],
];

/** Whole numbers, so that all sums are exact: what is right does not depend on the order of anything. */
const whole = (i: number) => (Math.imul(i + 1, 2654435761) >>> 8) % 31 - 15;

function products(backend: WasmBackend, value: (i: number) => number, options: Parameters<typeof onThreads>[2]) {
  return onThreads(backend, false, options, (context) =>
    cases.map(([a, b, transposeA, transposeB]) => {
      const inputs = [a, b].map((shape) => {
        const x = backend.makeOutput([...shape], "float32");
        backend.typedArrayFromHeap(x).forEach((_, i, all) => all[i] = value(i));
        return x;
      });
      const out = batchMatMul(context, inputs[0], inputs[1], transposeA, transposeB);
      const numbers = Float32Array.from(backend.typedArrayFromHeap(out));
      free(backend, ...inputs, out);
      return numbers;
    }));
}

blasTest("a library's products have the same bits for any number of threads, and are right", (library) => {
  const backend = tf.backend() as unknown as WasmBackend, wave = (i: number) => Math.sin(i * 1.37);
  const expected = products(backend, wave, { threads: 1, library });
  assert(expected.every((numbers) => numbers.every(Number.isFinite)));
  for (const threads of [2, 3]) assertEquals(products(backend, wave, { threads, library }), expected, `${threads}`);
  const right = products(backend, whole, { threads: 1 }); // by kernels of our own
  assertEquals(products(backend, whole, { threads: 3, library }), right);
});

/** Counts the calls of the main thread. */
function counted(code: Code<{ readonly multiply: Kernel }>, count: () => void): typeof code {
  const multiply: Kernel = (...values) => {
    count();
    return code.exports.multiply(...values);
  };
  return { ...code, exports: { multiply } };
}

blasTest("other threads do compute a library's products; those that cannot be shared stay with one", (library) => {
  const backend = tf.backend() as unknown as WasmBackend;
  const TASKS = 8; // of each product
  /** The calls of the main thread for one product after another, until another thread has made some, or there are enough. */
  const calls = (isForThreads: boolean, most: number) =>
    onThreads(backend, false, { threads: 2, library: { ...library, isForThreads } }, (context) => {
      const counts: number[] = [];
      const code = counted(context.library!.code, () => counts[counts.length - 1]++);
      const a = backend.makeOutput([512, 512], "float32");
      while (counts.length < most && !counts.some((count) => count > 0 && count < TASKS)) {
        counts.push(0);
        free(backend, batchMatMul({ ...context, library: { ...context.library!, code } }, a, a));
      }
      free(backend, a);
      return counts;
    });
  assertEquals(calls(false, 1), [1]);
  assert(calls(true, 500).at(-1)! < TASKS, "no other thread came");
});

Deno.test("which OpenBLAS several threads can call", () => {
  const common = "OpenBLAS 0.3.29 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell";
  assertEquals(isForThreads(`${common} MAX_THREADS=64`), true);
  assertEquals(isForThreads(`${common} SINGLE_THREADED`), false);
  assertEquals(isForThreads(`${common} USE_LOCKING SINGLE_THREADED`), true);
  assertEquals(isForThreads(""), false);
});
