/** Operations on rows and their numbers on wasm: against plain JavaScript, in both builds. */
import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Tensor } from "../../runtime/tensor.ts";

interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: number[];
}

/** What `f` gives on each backend, in the order cpu, wasm, and wasm strict; on wasm the engine keeps nothing. */
async function onEach(f: () => Tensor[]): Promise<Result[][]> {
  const all: Result[][] = [];
  for (const [backend, strict] of [["cpu", false], ["wasm", false], ["wasm", true]] as const) {
    await chooseBackend(backend, { strict });
    const { numTensors, numDataBuffers } = tf.memory();
    const results = tf.tidy(f);
    all.push(results.map((x) => ({ shape: x.shape, dtype: x.dtype, values: [...x.dataSync()] })));
    tf.dispose(results);
    assertEquals([tf.memory().numTensors, tf.memory().numDataBuffers], [numTensors, numDataBuffers]);
  }
  return all;
}

/** wasm gives the bits, shapes and types of cpu. */
async function sameAsCpu(f: () => Tensor[]): Promise<Result[]> {
  const [cpu, ...wasm] = await onEach(f);
  for (const results of wasm) assertEquals(results, cpu);
  return cpu;
}

const wave = (shape: number[], phase = 0): Tensor =>
  tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.37 + phase)), shape);
const numbers = (values: number[], shape = [values.length]): Tensor => tf.tensor(values, shape, "int32");

Deno.test("oneHot on wasm: fractions and signs, every type, indices beyond the depth, no indices", async () => {
  const [half] = await sameAsCpu(() =>
    ([["float32", 0.5, 0.25], ["float32", 1, 0], ["float32", -2.7, 1e-9], ["int32", 3, -1], ["bool", 1, 0]] as const)
      .flatMap(([dtype, on, off]) =>
        [numbers([0, 2, -1, 5]), numbers([1, 0], [2, 1]), numbers([]), tf.scalar(1, "int32")].map((indices) =>
          tf.oneHot(indices, 3, on, off, dtype)
        )
      )
  );
  assertEquals(half.values, [0.5, 0.25, 0.25, 0.25, 0.25, 0.5, ...Array(6).fill(0.25)]);
});

Deno.test("gather on wasm: rows of every size, numbers of every shape; other axes, batches and types are tfjs's", async () => {
  const [rows] = await sameAsCpu(() => [
    ...[1, 3, 4, 7, 8, 13, 128].map((size) => tf.gather(wave([6, size]), numbers([5, 0, 5, 2, 5]))),
    tf.gather(wave([6, 2, 5]), numbers([0, 1, 1, 5], [2, 2])),
    tf.gather(wave([6, 5]), tf.scalar(4, "int32")),
    tf.gather(wave([6]), numbers([5, 1])),
    tf.gather(wave([6, 5]), numbers([])),
    tf.gather(wave([1, 5]), numbers([0, 0])),
    tf.gather(wave([2, 5]), numbers([1, 0]), -2),
    tf.gather(wave([2, 5]), numbers([4, 0]), 1),
    tf.gather(wave([2, 3, 5]), numbers([2, 0, 1, 1], [2, 2]), 1, 1),
    tf.gather(numbers([4, 5, 6]), numbers([2, 0])),
    tf.grad((x: Tensor) => tf.gather(x, numbers([3, 0, 3])))(wave([5, 6]), wave([3, 6], 1)),
  ]);
  assertEquals(rows.values, [5, 0, 5, 2, 5].map((i) => Math.fround(Math.sin(i * 1.37))));
});

Deno.test("gather on wasm refuses a number that no row has, by name", async () => {
  for (const strict of [false, true]) {
    await chooseBackend("wasm", { strict });
    const x = wave([3, 8]);
    for (const bad of [3, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      const at = numbers([0, bad, 1]);
      assertThrows(() => tf.gather(x, at), Error, `the index value ${bad} is not in [0, 2]`);
      at.dispose();
    }
    x.dispose();
  }
});

Deno.test("split on wasm: parts of equal and of given sizes, along every axis, and its gradient", async () => {
  const [first] = await sameAsCpu(() => [
    ...tf.split(wave([4, 6]), 3, 1),
    ...tf.split(wave([4, 13]), [4, 8, 1], 1),
    ...tf.split(wave([6, 5]), 6),
    ...tf.split(wave([2, 9, 3]), [2, -1], -2),
    ...tf.split(wave([2, 3]), [0, 3], 1),
    ...tf.split(numbers([1, 2, 3, 4]), 2),
    tf.grad((x: Tensor) => tf.split(x, 2, 1)[1])(wave([3, 10]), wave([3, 5], 1)),
  ]);
  assertEquals(first.values, [0, 1, 6, 7, 12, 13, 18, 19].map((i) => Math.fround(Math.sin(i * 1.37))));
});
