/** Convolutions and their gradients on wasm against cpu, whatever the geometry. */
import { assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";

interface Case {
  readonly images: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  readonly pad: "same" | "valid" | number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 5, max: 13 }),
  width: fc.integer({ min: 5, max: 13 }),
  channels: fc.constantFrom(1, 2, 3, 4, 6, 8, 9, 70),
  outChannels: fc.constantFrom(1, 3, 4, 8, 9, 16),
  window: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pad: fc.constantFrom("same" as const, "valid" as const, 1),
}).map(({ batch, height, width, channels, outChannels, window, strides, pad }) => ({
  images: [batch, height, width, channels],
  filter: [...window, channels, outChannels],
  strides: pad === 1 ? [strides[0], strides[0]] : strides,
  pad,
}));

const wave = (shape: readonly number[], phase: number): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => Math.sin(i * 1.37 + phase)),
    [...shape] as [number, number, number, number],
  );

/** The convolution, and its gradients in images and filter. */
async function computed(backend: "cpu" | "wasm", { images, filter, strides, pad }: Case): Promise<Float32Array[]> {
  await chooseBackend(backend);
  return tf.tidy(() => {
    const convolve = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, [...strides] as [number, number], pad);
    const x = wave(images, 0), w = wave(filter, 1), y = convolve(x, w), dy = wave(y.shape, 2);
    const gradients = tf.grads((x, w) => tf.sum(tf.mul(dy, convolve(x as tf.Tensor4D, w as tf.Tensor4D))))([x, w]);
    return [y, ...gradients].map((tensor) => tensor.dataSync().slice() as Float32Array);
  });
}

async function assertAgrees(test: Case): Promise<void> {
  const expected = await computed("cpu", test), actual = await computed("wasm", test);
  expected.forEach((values, which) => {
    assertEquals(actual[which].length, values.length);
    const size = values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1);
    // a sum of waves may be small by cancellation, and its rounding errors add up like chance
    const terms = which === 2
      ? test.images[0] * test.images[1] * test.images[2]
      : tf.util.sizeFromShape(test.filter.slice(0, 3));
    values.forEach((x, i) => assertLess(Math.abs(actual[which][i] - x), 1e-5 * size + 1e-6 * Math.sqrt(terms)));
  });
}

Deno.test("convolutions on wasm are those on cpu, gradients too: windows, strides, padding, channels", () =>
  fc.assert(fc.asyncProperty(cases, assertAgrees), { numRuns: 150 }));

Deno.test("convolutions on wasm are those on cpu: more images than are worked on at a time", () =>
  assertAgrees({ images: [5, 90, 101, 9], filter: [3, 3, 9, 4], strides: [1, 1], pad: "same" }));

Deno.test("convolutions on wasm are those on cpu: more channels than a block has columns, lines longer than a block", () =>
  assertAgrees({ images: [1, 3, 3, 300], filter: [2, 2, 300, 1030], strides: [1, 1], pad: "same" }));

Deno.test("convolutions on wasm are those on cpu: filters larger than a block, turned around", () =>
  assertAgrees({ images: [3, 7, 7, 40], filter: [5, 5, 40, 24], strides: [1, 1], pad: "same" }));

Deno.test("the gradient of max pooling on wasm is that on cpu: the first largest, NaN, windows that overlap", async () => {
  const poolings: [number, number, "same" | "valid", number][] = [[2, 2, "valid", 7], [3, 2, "same", 8], [
    3,
    1,
    "same",
    5,
  ], [
    2,
    3,
    "valid",
    4,
  ]];
  poolings.push([2, 2, "same", 6], [2, 2, "valid", 6], [1, 1, "valid", 4], [4, 4, "same", 5], [4, 4, "valid", 6]); // windows that tile an image
  for (const [window, stride, pad, channels] of poolings) {
    const gradient = async (backend: "cpu" | "wasm") => {
      await chooseBackend(backend);
      return tf.tidy(() => {
        const height = window === stride && window !== 3 ? 8 : 7;
        const x = tf.round(tf.mul(wave([2, height, 8, channels], 0), 2)) as tf.Tensor4D; // many are equal
        const pool = (x: tf.Tensor4D) => tf.maxPool(x, window, stride, pad);
        const dy = wave(pool(x).shape, 1);
        return tf.grad((x) => tf.sum(tf.mul(dy, pool(x as tf.Tensor4D))))(x).dataSync().slice();
      });
    };
    const expected = await gradient("cpu"), actual = await gradient("wasm");
    expected.forEach((x, i) => assertLess(Math.abs(actual[i] - x), 1e-6));
  }
});

Deno.test("sums with a row for all rows on wasm are those on cpu", async () => {
  for (const [shape, row] of [[[3, 5], [5]], [[2, 3, 4, 8], [8]], [[2, 3, 7], [3, 7]], [[4, 1], [1]], [[0, 3], [3]]]) {
    const sum = async (backend: "cpu" | "wasm") => {
      await chooseBackend(backend);
      const values = (size: number, phase: number) =>
        Float32Array.from({ length: size }, (_, i) => Math.sin(i + phase));
      return tf.tidy(() => {
        const a = tf.tensor(values(tf.util.sizeFromShape(shape), 0), shape);
        return tf.add(a, tf.tensor(values(tf.util.sizeFromShape(row), 1), row)).dataSync().slice();
      });
    };
    assertEquals(await sum("wasm"), await sum("cpu"));
  }
});
