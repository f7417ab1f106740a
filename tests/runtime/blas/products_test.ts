import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../../runtime/backend.ts";
import type { Library } from "../../../runtime/wasm/blas/library.ts";
import { workContext } from "../../../runtime/wasm/context.ts";
import type { WasmBackend } from "../../../runtime/wasm/heap.ts";
import { mendWasm } from "../../../runtime/wasm/mend_wasm.ts";
import { blasTest } from "./blas_test_case.ts";

interface Case {
  readonly a: number[];
  readonly b: number[];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const wave = (shape: number[], phase: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.37 + phase)),
    shape,
  );

function matMul({ a, b, transposeA, transposeB }: Case): Float32Array {
  return tf.tidy(() => tf.matMul(wave(a, 0), wave(b, 1), transposeA, transposeB).dataSync().slice() as Float32Array);
}

/** The same, without leaving it to the backend to broadcast: the cpu backend's is wrong where both factors do. */
function broadcastMatMul({ a, b, transposeA, transposeB }: Case): Float32Array {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  const whole = (shape: number[], phase: number) => tf.broadcastTo(wave(shape, phase), [...batch, ...shape.slice(-2)]);
  return tf.tidy(() => tf.matMul(whole(a, 0), whole(b, 1), transposeA, transposeB).dataSync().slice() as Float32Array);
}

/** Counts the library's calls. */
function counted(library: Library): () => number {
  let calls = 0;
  const sgemm: Library["sgemm"] = (...values) => {
    calls++;
    library.sgemm(...values);
  };
  mendWasm(workContext(tf.backend() as unknown as WasmBackend, false, { ...library, sgemm }));
  return () => calls;
}

const BATCHES: [number[], number[]][] = [
  [[], []],
  [[3], [3]],
  [[3], [1]],
  [[1], [3]],
  [[2, 3], [2, 3]],
  [[2, 1], [1, 3]],
  [[3], []],
];
const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(127, 128, 129, 250));
const cases: fc.Arbitrary<Case> = fc.record({
  batches: fc.constantFrom(...BATCHES),
  rows: size,
  columns: size,
  inner: fc.oneof(size, fc.constantFrom(513, 700)),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
}).map(({ batches: [left, right], rows, columns, inner, transposeA, transposeB }) => ({
  a: [...left, ...transposeA ? [inner, rows] : [rows, inner]],
  b: [...right, ...transposeB ? [columns, inner] : [inner, columns]],
  transposeA,
  transposeB,
}));

blasTest("products are the cpu backend's up to rounding: sizes, transposes, batches, broadcasts", async (library) => {
  const calls = counted(library), tests = fc.sample(cases, { numRuns: 60, seed: 1 });
  const actual = tests.map(matMul);
  assertLess(tests.length / 2, calls());
  await chooseBackend("cpu");
  tests.forEach((test, i) => {
    const expected = broadcastMatMul(test), largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
    const inner = test.a.at(test.transposeA ? -2 : -1)!;
    assertEquals(actual[i].length, expected.length);
    actual[i].forEach((x, j) => assertLess(Math.abs(x - expected[j]), 1e-6 * inner ** 0.5 * largest, `${i}: ${j}`));
  });
});

blasTest("the sizes alone decide: small products stay with our kernels, also many of them", (library) => {
  const calls = counted(library),
    call = (a: number[], b: number[], transposeA = false) => {
      const before = calls();
      matMul({ a, b, transposeA, transposeB: false });
      return calls() - before;
    };
  assertEquals(call([15, 16], [16, 16]), 0);
  assertEquals(call([16, 16], [16, 16]), 1);
  assertEquals(call([9, 15, 16], [9, 16, 16]), 0);
  assertEquals(call([9, 16, 16], [9, 16, 16]), 9);
  assertEquals(call([9, 15, 16], [16, 16]), 1, "one tall matrix");
  assertEquals(call([9, 16, 16], [1, 16, 16], true), 9);
});

blasTest("empty products: shapes as they should be, and zeros where there is nothing to add", (library) => {
  const calls = counted(library);
  for (
    const [a, b, shape] of [[[0, 50], [50, 90], [0, 90]], [[50, 90], [90, 0], [50, 0]], [[50, 0], [0, 90], [50, 90]]]
  ) {
    const out = tf.tidy(() => tf.matMul(tf.ones(a as [number, number]), tf.ones(b as [number, number])));
    assertEquals(out.shape, shape);
    assert(out.dataSync().every((x) => x === 0));
    out.dispose();
  }
  assertEquals(calls(), 0);
});

blasTest("the same bits again, wherever in memory", () => {
  const test = { a: [61, 300], b: [77, 300], transposeA: false, transposeB: true }, expected = matMul(test);
  const kept: tf.Tensor[] = [];
  for (let i = 1; i < 12; i++) {
    kept.push(tf.zeros([i * 100_001]));
    kept.at(-1)!.dataSync();
    assertEquals(matMul(test), expected);
  }
  tf.dispose(kept);
});

blasTest("NaN and infinity in a factor are in the product, or a step that fails would not be seen", (library) => {
  const calls = counted(library);
  for (const bad of [NaN, Infinity]) {
    const values = new Float32Array(64 * 64).fill(1);
    values[64 * 3 + 5] = bad;
    const out = tf.tidy(() => tf.matMul(tf.tensor2d(values, [64, 64]), tf.ones([64, 64])).dataSync());
    out.forEach((x, i) => assertEquals(x, Math.floor(i / 64) === 3 ? bad : 64));
    const zeros = tf.tidy(() => tf.matMul(tf.tensor2d(values, [64, 64]), tf.zeros([64, 64])).dataSync());
    zeros.forEach((x, i) => assertEquals(x, Math.floor(i / 64) === 3 ? NaN : 0));
  }
  assertEquals(calls(), 4);
});

blasTest("a gradient through products and fused ones: the cpu backend's up to rounding", async (library) => {
  const calls = counted(library);
  const gradients = () =>
    tf.tidy(() => {
      const loss = (w: tf.Tensor, v: tf.Tensor) =>
        tf.sum(tf.square(tf.matMul(tf.tanh(tf.matMul(wave([32, 50], 0), w)), v)));
      const parts = tf.grads(loss)([tf.mul(wave([50, 40], 1), 0.1), wave([40, 20], 2)]);
      const fused = tf.fused.matMul({
        a: wave([32, 50], 0) as tf.Tensor2D,
        b: wave([50, 40], 1) as tf.Tensor2D,
        activation: "relu",
      });
      return [...parts, fused].map((x) => x.dataSync().slice() as Float32Array);
    });
  const actual = gradients();
  assertEquals(calls(), 6);
  await chooseBackend("cpu");
  gradients().forEach((expected, i) => {
    const largest = Math.max(...expected.map(Math.abs));
    expected.forEach((x, j) => assertLess(Math.abs(x - actual[i][j]), 2e-5 * largest));
  });
});
