/** Normalization of channels: against float64, on every backend and in both builds on wasm. */
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { BATCH_NORM, batchNormalized, NORMALIZE, normalized } from "../../runtime/batch_norm.ts";
import { reversePass } from "../../runtime/reverse_pass.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { countDispatches } from "../../runtime/webgpu/count_dispatches.ts";
import {
  type Arrays,
  type Case,
  closedGradients,
  EPSILON,
  exact,
  finiteDifferences,
  inputsOf,
  wave,
  weightsOf,
} from "./batch_norm_reference.ts";
import { assertClose } from "./close.ts";
import { everywhere } from "./everywhere.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

const cube = (x: readonly number[], { rows, channels }: Case): Tensor =>
  rows % 6 === 0 ? tf.tensor([...x], [rows / 6, 3, 2, channels]) : tf.tensor([...x], [rows, channels]);

/** The results and the gradients on the backend that is chosen. */
async function computed(inputs: Arrays, test: Case): Promise<{ results: number[][]; gradients: Arrays }> {
  const { relu, added } = test, names = Object.keys(inputs) as (keyof Arrays)[];
  const params = Object.fromEntries(names.map((name) => {
    return [name, name === "x" || name === "addend" ? cube(inputs[name], test) : tf.tensor1d(inputs[name])];
  }));
  const apply = ({ x, scale, shift, addend }: Tensors): Tensor[] => {
    const { y, statistics } = batchNormalized(x, { scale, shift, epsilon: EPSILON, relu, ...added && { addend } });
    return [y, statistics.mean, statistics.variance];
  };
  const loss = (at: Tensors): Tensor =>
    tf.addN(apply(at).map((result, i) => tf.sum(tf.mul(result, tf.tensor(weightsOf(test)[i], result.shape)))));
  const all = tf.tidy(() => [...apply(params), ...Object.values(reversePass(loss, params).gradients)]);
  const values = await Promise.all(all.map(async (tensor) => [...await tensor.data()]));
  names.forEach((name, i) => assertEquals(all[3 + i].shape, params[name].shape));
  tf.dispose([all, params as never]);
  return {
    results: values.slice(0, 3),
    gradients: Object.fromEntries(names.map((name, i) => [name, values[3 + i]])) as Arrays,
  };
}

const cases: Case[] = [1, 2, 3, 4, 6, 7, 8, 13].flatMap((channels, i) =>
  [[false, false], [false, true], [true, false], [true, true]].map(([relu, added], k) => ({
    ...{ rows: [6, 5, 12, 7][(i + k) % 4], channels, relu, added },
  }))
);

async function agrees(test: Case, gradientsOf: typeof finiteDifferences): Promise<void> {
  const inputs = inputsOf(test), { results, gradients } = await computed(inputs, test), what = JSON.stringify(test);
  exact(inputs, test).forEach((expected, i) => assertClose(results[i], expected, 1e-5, `${what}, result ${i}`));
  for (const [name, expected] of Object.entries(gradientsOf(inputs, test))) {
    assertClose(gradients[name as keyof Arrays], expected, 2e-5, `${what}, gradient of ${name}`);
  }
}

everywhere("batchNormalized and its gradients are those of float64, whatever the channels", async () => {
  for (const test of cases) await agrees(test, finiteDifferences);
});

everywhere("batchNormalized of more rows and channels than are worked on at a time", async () => {
  for (const [rows, channels] of [[4100, 4], [4101, 5], [2000, 16], [70, 300]]) {
    for (const added of [false, true]) await agrees({ rows, channels, relu: true, added }, closedGradients);
  }
});

everywhere("batchNormalized: the variance beside a large mean, and of equal numbers", async () => {
  for (const [rows, mean, spread] of [[20_000, 1000, 0.1], [300, -4e4, 1], [20_000, 0.1, 0]]) {
    const values = Float32Array.from({ length: 3 * rows }, (_, i) => mean + spread * Math.sin(i * i));
    const inputs = { x: [...values], scale: [1, 1, 1], shift: [0, 0, 0], addend: [] };
    const [, means, variances] = exact(inputs, { rows, channels: 3, relu: false, added: false });
    const statistics = tf.tidy(() => {
      const affine = { scale: tf.ones([3]), shift: tf.zeros([3]), epsilon: 1e-5, relu: false };
      return { ...batchNormalized(tf.tensor2d(values, [rows, 3]), affine).statistics };
    });
    const [ofMean, ofVariance] = await Promise.all([statistics.mean.data(), statistics.variance.data()]);
    const own = tf.getBackend() !== "cpu"; // tfjs's operations are less exact
    ofMean.forEach((x, j) => assertLess(Math.abs(x - means[j]), (own ? 2e-7 : 1e-5) * Math.abs(mean)));
    ofVariance.forEach((x, j) => {
      assert(x >= 0);
      assertLess(Math.abs(x - variances[j]), (own ? 2e-5 : 1e-2) * variances[j] + 1e-12);
    });
    tf.dispose(statistics);
  }
});

everywhere("NaN stays NaN through relu, in its channel by the batch's statistics, alone by given ones", async () => {
  const waves = (phase: number, bad?: number) =>
    tf.tensor2d(wave(20, phase).map((value, i) => i === bad ? NaN : value), [4, 5]);
  const results = tf.tidy(() => {
    const affine = { scale: tf.ones([5]), shift: tf.zeros([5]), epsilon: 1e-5, relu: true }, x = waves(0, 6);
    const given = { mean: tf.zeros([5]), variance: tf.ones([5]) };
    const addend = waves(0, 9);
    return [
      batchNormalized(x, affine).y,
      normalized(x, given, affine),
      batchNormalized(waves(1), { ...affine, addend }).y,
      normalized(waves(1), given, { ...affine, addend }),
    ];
  });
  const [batch, given, ...sums] = await Promise.all(results.map((y) => y.data()));
  batch.forEach((value, i) => assertEquals(Number.isNaN(value), i % 5 === 1, `${i}`));
  given.forEach((value, i) => assertEquals(Number.isNaN(value), i === 6, `${i}`));
  for (const y of sums) y.forEach((value, i) => assertEquals(Number.isNaN(value), i === 9, `${i}`));
  tf.dispose(results);
});

everywhere("normalized by given statistics, and its gradient", async () => {
  for (const channels of [1, 4, 6, 8]) {
    for (const relu of [false, true]) {
      const size = 30 * channels, [x, addend, scale, shift, mean] = [0, 1, 2, 3, 4].map((phase) => wave(size, phase));
      const variance = wave(size, 5).map(Math.abs), factor = scale.map((s, j) => s / Math.sqrt(variance[j] + EPSILON));
      const expected = [false, true].map((added) =>
        x.map((value, i) => {
          const j = i % channels, y = (value - mean[j]) * factor[j] + shift[j] + (added ? addend[i] : 0);
          return relu && y < 0 ? 0 : y;
        })
      );
      const slopes = expected[1].map((y, i) => relu && y <= 0 ? 0 : addend[i] * factor[i % channels]);
      const results = tf.tidy(() => {
        const cube = (values: number[]) => tf.tensor(values, [2, 3, 5, channels]);
        const [a, b, m, v] = [scale, shift, mean, variance].map((values) => tf.tensor1d(values.slice(0, channels)));
        const affine = { scale: a, shift: b, epsilon: EPSILON, relu }, other = cube(addend);
        const of = (x: Tensor, addend?: Tensor): Tensor =>
          normalized(x, { mean: m, variance: v }, { ...affine, ...addend && { addend } });
        const gradient = tf.grad((x: Tensor) => tf.sum(tf.mul(of(x, other), other)))(cube(x));
        return [of(cube(x)), of(cube(x), other), gradient];
      });
      const values = await Promise.all(results.map((tensor) => tensor.data()));
      [...expected, slopes].forEach((all, i) => assertClose([...values[i]], all, 1e-5, `${channels} channels, ${i}`));
      tf.dispose(results);
    }
  }
});

everywhere("batchNormalized: a gradient of a gradient is tfjs's", async () => {
  const slope = tf.tidy(() => {
    const affine = { scale: tf.ones([1]), shift: tf.zeros([1]), epsilon: EPSILON, relu: false };
    const x = tf.tensor2d([[1], [-2], [4]]), w = tf.tensor2d([[1], [5], [-3]]);
    const cost = (scale: Tensor): Tensor => tf.sum(tf.mul(w, tf.square(batchNormalized(x, { ...affine, scale }).y)));
    return tf.grad((scale: Tensor) => tf.sum(tf.grad(cost)(scale)))(affine.scale); // 2 Σ w x̂²
  });
  const normal = [0, -3, 3].map((x) => x / Math.sqrt(6 + EPSILON));
  assertAlmostEquals((await slope.data())[0], 2 * (5 - 3) * normal[2] ** 2, 1e-5);
  slope.dispose();
});

webgpuTest("batchNormalized on webgpu is three dispatches there and three back, normalized one", async () => {
  const x = tf.tensor(wave(96, 0), [4, 3, 2, 4]), scale = tf.ones([4]), shift = tf.zeros([4]), dy = tf.ones(x.shape);
  const affine = { scale, shift, epsilon: 1, relu: true, addend: dy };
  const there = () => tf.tidy(() => void batchNormalized(x, affine));
  const back = () => tf.tidy(() => void tf.grad((x: Tensor) => batchNormalized(x, affine).y)(x, dy));
  const given = () => tf.tidy(() => void normalized(x, { mean: shift, variance: scale }, affine));
  const counts = [there, back, given].map((run) => {
    run(); // compiles
    return countDispatches(run).dispatches;
  });
  assertEquals(counts, [3, 6, 1]);
  await x.data();
  tf.dispose([x, scale, shift, dy]);
});

Deno.test("on wasm it is one kernel there and one back, by given statistics one; other types are left to tfjs", async () => {
  await chooseBackend("wasm");
  const engine = tf.engine(), { runKernel } = engine, names: string[] = [];
  const x = tf.tensor2d(wave(20, 0), [4, 5]),
    affine = { scale: tf.ones([5]), shift: tf.zeros([5]), epsilon: 1, relu: true };
  engine.runKernel = function (name, ...rest) {
    names.push(name);
    return runKernel.call(this, name, ...rest) as never;
  };
  try {
    tf.tidy(() => {
      tf.grad((x: Tensor) => tf.sum(batchNormalized(x, { ...affine, addend: x }).y))(x);
      normalized(x, { mean: affine.shift, variance: affine.scale }, affine);
    });
  } finally {
    engine.runKernel = runKernel;
  }
  const ours = names.filter((name) => name.startsWith("Apo"));
  assertEquals(ours, [BATCH_NORM, "ApoBatchNormGradient", NORMALIZE]);
  assert(!names.some((name) => ["Relu", "Mean", "Rsqrt", "Sub"].includes(name)), `${names}`);
  const whole = tf.tidy(() => batchNormalized(tf.cast(x, "int32"), affine).y);
  assertEquals(whole.shape, [4, 5]);
  tf.dispose([x, affine.scale, affine.shift, whole]);
});
