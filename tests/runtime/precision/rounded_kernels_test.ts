/** Which operations round their results, and which do not. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { BF16 } from "../../../runtime/precision/format.ts";
import { roundArray } from "../../../runtime/precision/round.ts";
import { roundKernels } from "../../../runtime/precision/rounded_kernels.ts";
import { type Arithmetic, computedIn } from "../../../runtime/precision/scope.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
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

everywhere("a kernel that calls others rounds once: a fifth of 257, and not of 256", async () => {
  const bias = tf.tensor1d([0]), of = { a: tf.tensor2d([[-257], [1]]), b: tf.tensor2d([[1]]), bias };
  assertEquals(await valuesIn(everything, () => tf.fused.matMul({ ...of, activation: "leakyrelu" })), [-51.5, 1]); // of 256: −51.25
  tf.dispose([of.a, of.b, bias]);
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

const stream = random(1, "rounded kernels"),
  normal = (...shape: number[]) => randomTensor(shape, () => stream.normal());
const rows = (x: Tensor) => tf.tensor1d(Array.from({ length: x.shape[0] }, (_, i) => i % 2), "int32");

/** Operations of numbers `[6, 8]`, others of the same shape, images `[2, 4, 4, 3]` and a kernel `[3, 3, 3, 3]`. */
const computing: Readonly<Record<string, (x: Tensor, y: Tensor, images: Tensor, kernel: Tensor) => Tensor | Tensor[]>> =
  {
    ...{ add: (x, y) => tf.add(x, y), addN: (x, y) => tf.addN([x, y, x]), row: (x) => tf.add(x, tf.slice(x, 0, 1)) },
    ...{ mul: (x) => tf.mul(x, 1.001), div: (x, y) => tf.div(x, y), pow: (x) => tf.pow(tf.abs(x), 1.5) },
    ...{ sum: (x) => tf.sum(x, 0), mean: (x) => tf.mean(x, 1, true), cumsum: (x) => tf.cumsum(x, 1) },
    ...{
      exp: (x) => tf.exp(x),
      log: (x) => tf.log(tf.abs(x)),
      rsqrt: (x) => tf.rsqrt(tf.abs(x)),
      tanh: (x) => tf.tanh(x),
    },
    ...{
      softmax: (x) => tf.softmax(x),
      elu: (x) => tf.elu(x),
      leaky: (x) => tf.leakyRelu(x),
      clip: (x) => tf.clipByValue(x, 0, 0.3),
    },
    ...{ product: (x, y) => tf.matMul(x, y, false, true), inner: (x, y) => tf.matMul(x, y, true) },
    segments: (x) => tf.unsortedSegmentSum(x, rows(x), 2),
    convolution: (_x, _y, images, kernel) => tf.conv2d(images as tf.Tensor4D, kernel as tf.Tensor4D, 1, "same"),
    averages: (_x, _y, images) => tf.avgPool(images as tf.Tensor4D, 2, 2, "valid"),
    "slopes of a convolution": (_x, _y, images, kernel) =>
      tf.grads((x, kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, "same"))([images, kernel]),
    "slopes of maxima": (_x, _y, images) =>
      tf.grad((x) => tf.square(tf.maxPool(x as tf.Tensor4D, 3, 1, "same")))(images),
    "slopes of rows": (x) => tf.grad((x) => tf.square(tf.gather(x, rows(x))))(x),
  };

everywhere("what computes rounds its results", async () => {
  roundKernels();
  const given = [normal(6, 8), normal(6, 8), normal(2, 4, 4, 3), normal(3, 3, 3, 3)] as const;
  for (const [name, f] of Object.entries(computing)) {
    const results = [tf.tidy(() => computedIn(everything, "passes", () => f(...given)))].flat();
    for (const values of await Promise.all(results.map((x) => x.data()))) {
      const nearest = Float32Array.from(values);
      roundArray(nearest, BF16);
      assertEquals(values, nearest, name);
    }
    tf.dispose(results);
  }
  tf.dispose([...given]);
});
