/** Sums of products that are narrow: against sums that are rounded by hand. */
import { assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../mod.ts";
import { BF16 } from "../../../runtime/precision/format.ts";
import { roundArray } from "../../../runtime/precision/round.ts";
import { roundKernels } from "../../../runtime/precision/rounded_kernels.ts";
import { computedIn } from "../../../runtime/precision/scope.ts";
import { random } from "../../../runtime/random.ts";

const stream = random(5, "narrow sums");
/** Whole numbers up to 32: float32 sums them up exactly in any order, and bf16, with its 8 bits, does not hold the sums. */
const numbers = (size: number) => Float32Array.from({ length: size }, () => stream.integer(65) - 32);

function nearest(x: number): number {
  const values = Float32Array.of(x);
  roundArray(values, BF16);
  return values[0];
}

/** Σ of terms, 16 at a time exactly, and rounded each time. */
function summed(terms: number, term: (k: number) => number): number {
  let sum = 0;
  for (let from = 0; from < terms; from += 16) {
    let part = 0;
    for (let k = from; k < Math.min(terms, from + 16); k++) part += term(k);
    sum = nearest(sum + nearest(part));
  }
  return sum;
}

const narrowly = (f: () => tf.Tensor, sums = true): number[] => {
  roundKernels();
  const result = tf.tidy(() => computedIn({ results: { passes: BF16 }, sums }, "passes", f)),
    values = [...result.dataSync()];
  result.dispose();
  return values;
};

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`narrow sums on ${backend}: products, with and without transposes`, async () => {
    await chooseBackend(backend);
    const [rows, inner, columns] = [3, 70, 5], a = numbers(rows * inner), b = numbers(inner * columns);
    const wanted = Array.from(
      { length: rows * columns },
      (_, i) => summed(inner, (k) => a[Math.floor(i / columns) * inner + k] * b[k * columns + i % columns]),
    );
    const left = tf.tensor2d(a, [rows, inner]),
      right = tf.tensor2d(b, [inner, columns]),
      tensors = tf.memory().numTensors;
    const turned = [tf.transpose(left), tf.transpose(right)] as tf.Tensor2D[];
    for (const [i, j] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      const product = () => tf.matMul(i ? turned[0] : left, j ? turned[1] : right, i === 1, j === 1);
      assertEquals(narrowly(product), wanted);
      assertNotEquals(narrowly(product, false), wanted);
    }
    assertEquals(tf.memory().numTensors, tensors + 2);
    assertEquals(narrowly(() => tf.matMul(tf.stack([left, left]), right as tf.Tensor)), [...wanted, ...wanted]);
    tf.dispose([left, right, ...turned]);
  });

  Deno.test(`narrow sums on ${backend}: convolutions and both gradients, by channels and by images`, async () => {
    await chooseBackend(backend);
    const [images, channels, filters] = [20, 40, 18];
    const x = numbers(images * channels), w = numbers(channels * filters), dy = numbers(images * filters);
    const convolution = (at: tf.Tensor, kernel: tf.Tensor) =>
      tf.conv2d(at as tf.Tensor4D, kernel as tf.Tensor4D, 1, "valid");
    const input = tf.tensor4d(x, [images, 1, 1, channels]), kernel = tf.tensor4d(w, [1, 1, channels, filters]);
    const slope = tf.tensor4d(dy, [images, 1, 1, filters]),
      grid = (n: number, m: number, f: (i: number, j: number) => number) =>
        Array.from({ length: n * m }, (_, at) => f(Math.floor(at / m), at % m));
    assertEquals(
      narrowly(() => convolution(input, kernel)),
      grid(images, filters, (i, j) => summed(channels, (k) => x[i * channels + k] * w[k * filters + j])),
    );
    const gradients = tf.grads(convolution);
    assertEquals(
      narrowly(() => gradients([input, kernel], slope)[0]),
      grid(images, channels, (i, k) => summed(filters, (j) => dy[i * filters + j] * w[k * filters + j])),
    );
    assertEquals(
      narrowly(() => gradients([input, kernel], slope)[1]),
      grid(channels, filters, (k, j) => summed(images, (i) => x[i * channels + k] * dy[i * filters + j])),
    );
    tf.dispose([input, kernel, slope]);
  });
}
