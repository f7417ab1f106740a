/** Operations on rows and their numbers on wasm: against plain JavaScript, in both builds. */
import { assertEquals } from "@std/assert";
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
