/** Which operations round their results, and which do not. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { BF16 } from "../../../runtime/precision/format.ts";
import { roundKernels } from "../../../runtime/precision/rounded_kernels.ts";
import { type Arithmetic, computedIn } from "../../../runtime/precision/scope.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { everywhere } from "../everywhere.ts";

/** The numbers that a function gives as a part of passes in this arithmetic. */
async function valuesIn(arithmetic: Arithmetic, f: () => Tensor): Promise<number[]> {
  roundKernels();
  const result = tf.tidy(() => computedIn(arithmetic, "passes", f)), values = [...await result.data()];
  result.dispose();
  return values;
}

const everything: Arithmetic = { results: { passes: BF16 } }, products: Arithmetic = { results: {}, products: BF16 };

everywhere("a kernel that calls others rounds once: 257 + 1 is 258, and not 256 + 1", async () => {
  const sum = () => tf.fused.matMul({ a: [[257], [1]], b: [[1]], bias: tf.tensor1d([1]), activation: "relu" });
  assertEquals(await valuesIn(everything, sum), [258, 2]);
});

everywhere("what moves numbers or picks some leaves float32 numbers what they are", async () => {
  const x = () => tf.tensor1d([257, 259, 1.001, -300.5]),
    [a, b, c, d, e] = [257, 259, Math.fround(1.001), -300.5, Math.fround(2.001)];
  const cases: [() => Tensor, number[]][] = [
    [() => tf.maximum(tf.transpose(tf.reshape(x(), [2, 2])), tf.fill([2, 2], 2.001)), [a, e, b, e]],
    [() => tf.floor(x()), [a, b, 1, -301]],
    [() => tf.diag(tf.slice(x(), 1, 2)), [b, 0, 0, c]],
    [() => tf.reverse(tf.concat([tf.abs(x()), x()])), [d, c, b, a, -d, c, b, a]],
    [() => tf.gather(tf.pad(x(), [[1, 1]]), tf.tensor1d([4, 0, 1], "int32")), [d, 0, a]],
    [() => tf.where(tf.less(x(), 0), tf.neg(x()), tf.relu(x())), [a, b, c, -d]],
  ];
  for (const [f, expected] of cases) assertEquals(await valuesIn(everything, f), expected, f.toString());
  assertEquals(await valuesIn(everything, () => tf.mul(x(), 1)), [256, 260, 1, -300]);
});

everywhere("products alone: convolutions by depth, there and back, have narrow operands and results", async () => {
  const x = () => tf.tensor4d([257, 1], [1, 1, 2, 1]), kernel = () => tf.tensor4d([1, 3], [1, 1, 1, 2]);
  const convolved = () => tf.depthwiseConv2d(x(), kernel(), 1, "valid");
  assertEquals(await valuesIn(products, convolved), [256, 768, 1, 3]);
  if (tf.getBackend() === "wasm") return; // has no gradient of it
  const gradient = tf.grads((x, kernel) => tf.depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, "valid"));
  const slope = tf.tensor4d([1, 1, 257, 1], [1, 1, 2, 2]);
  assertEquals(await valuesIn(products, () => gradient([x(), kernel()], slope)[1]), [512, 256]);
  slope.dispose();
});
