/**
 * Where memory cannot be shared the heap grows, as in browsers: rows are gathered into memory that has to grow for them, and products
 * have the same bits before and after. The argument is what computes products.
 */
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";
import type { WasmBackend } from "../../../runtime/wasm/heap.ts";

Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
const { reason } = await chooseBackend("wasm", { blas: Deno.args[0], threads: 2 });
const { asm: { memory } } = (tf.backend() as unknown as WasmBackend).wasm, kept: tf.Tensor[] = [];
const wave = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
const a = tf.tensor2d(wave(300 * 61), [300, 61]), b = tf.tensor2d(wave(300 * 77), [300, 77]);
const product = () => String(tf.tidy(() => tf.matMul(a, b, true).dataSync()));
const table = tf.fill([100, 1000], 2), expected = product();
let grown = 0, right = true;
for (let i = 0; grown < 2; i++) {
  const before = memory.buffer.byteLength, rows = tf.gather(table, tf.zeros([2000 + 100 * i], "int32"));
  grown += Number(memory.buffer.byteLength > before);
  right &&= tf.tidy(() => tf.min(rows).dataSync()[0] === 2 && tf.max(rows).dataSync()[0] === 2) &&
    product() === expected;
  kept.push(rows);
}
console.log(JSON.stringify({ reason, right }));
