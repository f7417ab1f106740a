import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { ALL_FINITE, allFinite } from "../../runtime/all_finite.ts";
import { innerProduct, squaredDistance } from "../../runtime/tree.ts";
import { countDispatches } from "../../runtime/webgpu/count_dispatches.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

/** One bad number anywhere among many tensors is found, and none where there is none. */
async function findsIt(): Promise<void> {
  const sizes = [1, 3, 300, 5000, 0, 256, 7, 1, 2, 60_000];
  for (const count of [1, 7, 8, 60]) {
    const values = Array.from({ length: count }, (_, i) => new Float32Array(sizes[i % sizes.length]).fill(1e20));
    const verdict = async () => {
      const flag = tf.tidy(() => allFinite(Object.fromEntries(values.map((x, i) => [`${i}`, tf.tensor1d(x)]))));
      const [value] = await flag.data();
      assertEquals([flag.dtype, flag.shape], ["bool", []]);
      flag.dispose();
      return Boolean(value);
    };
    const before = tf.memory().numTensors;
    assertEquals(await verdict(), true);
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const tensor of new Set([0, count - 1])) {
        for (const place of [0, values[tensor].length - 1]) {
          const good = values[tensor][place];
          values[tensor][place] = bad;
          assertEquals(await verdict(), false, `${bad} in ${tensor} of ${count}`);
          values[tensor][place] = good;
        }
      }
    }
    for (const x of values) x.fill(3e38);
    assertEquals(await verdict(), true, "finite numbers whose sum, and whose squares, are not");
    for (const x of values) x.fill(1e-44).fill(-3.4e38, 1);
    assertEquals(await verdict(), true, "the smallest and the largest numbers");
    assertEquals(tf.memory().numTensors, before);
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`allFinite on ${backend}`, async () => {
    await chooseBackend(backend);
    await findsIt();
  });
}

Deno.test("allFinite by tfjs's operations, where a backend has no kernel for it", async () => {
  await chooseBackend("cpu");
  const own = tf.getKernel(ALL_FINITE, "cpu")!;
  tf.unregisterKernel(ALL_FINITE, "cpu");
  try {
    await findsIt();
  } finally {
    tf.registerKernel(own);
  }
});

webgpuTest("allFinite on webgpu, in a dispatch for seven tensors and one more", async () => {
  await findsIt();
  const tensors = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`${i}`, tf.ones([i + 1])]));
  assertEquals(countDispatches(() => void allFinite(tensors)).dispatches, 3);
});

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`innerProduct and squaredDistance on ${backend} are those of float64, and have gradients`, async () => {
    await chooseBackend(backend);
    const sizes = [1, 15, 16, 17, 700, 0, 3];
    const values = (phase: number) =>
      sizes.map((size) => Float32Array.from({ length: size }, (_, i) => Math.sin(i + phase)));
    const tensors = (arrays: Float32Array[]) => Object.fromEntries(arrays.map((x, i) => [`${i}`, tf.tensor1d(x)]));
    const a = values(0),
      b = values(0.3),
      sum = (f: (x: number, y: number) => number) =>
        a.flatMap((x, n) => [...x].map((value, i) => f(value, b[n][i]))).reduce((total, x) => total + x, 0);
    tf.tidy(() => {
      for (const keep of [() => true, (size: number) => size > 0]) { // with an empty one, and without
        const only = (arrays: Float32Array[]) => tensors(arrays.filter((x) => keep(x.length)));
        const [x, y] = [only(a), only(b)], near = 2e-6 * 700;
        assertAlmostEquals(innerProduct(x, y).dataSync()[0], sum((p, q) => p * q), near);
        assertAlmostEquals(squaredDistance(x, y).dataSync()[0], sum((p, q) => (p - q) ** 2), near);
      }
      const at = tf.tensor1d([1, 1]), other = { x: tf.tensor1d([2, 3]) };
      assertEquals([...tf.grad((x: tf.Tensor) => innerProduct({ x }, other))(at).dataSync()], [2, 3]);
      assertEquals([...tf.grad((x: tf.Tensor) => squaredDistance({ x }, other))(at).dataSync()], [-2, -4]);
    });
  });
}

webgpuTest(
  "innerProduct on webgpu is the sum of products, in a dispatch for three pairs and one more; it has a gradient",
  async () => {
    const sizes = [1, 700, 3, 5000, 2, 256, 9], at = (i: number, phase: number) => Math.sin(i + phase);
    const make = (phase: number) =>
      Object.fromEntries(
        sizes.map((size, n) => [`${n}`, tf.tensor1d(Array.from({ length: size }, (_, i) => at(i, n + phase)))]),
      );
    const a = make(0), b = make(0.3);
    const expected = sizes.map((size, n) => Array.from({ length: size }, (_, i) => at(i, n) * at(i, n + 0.3))).flat()
      .reduce((sum, x) => sum + x, 0);
    let product: tf.Tensor | undefined;
    assertEquals(countDispatches(() => product = innerProduct(a, b)).dispatches, 4);
    assertAlmostEquals((await product!.data())[0], expected, 1e-4 * Math.abs(expected));
    const slope = tf.grad((x: tf.Tensor) => innerProduct({ x }, { x: tf.tensor1d([2, 3]) }))(tf.tensor1d([1, 1]));
    assertEquals([...await slope.data()], [2, 3]);
    tf.dispose([a, b, product!, slope]);
  },
);
