/** Normalization of channels: against float64, on every backend and in both builds on wasm. */
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { BATCH_NORM, batchNormalized, NORMALIZE, normalized } from "../../runtime/batch_norm.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

/** Arrays by name: inputs, or gradients in them. */
type Arrays = Record<"x" | "scale" | "shift" | "addend", number[]>;

interface Case {
  readonly rows: number;
  readonly channels: number;
  readonly relu: boolean;
  readonly added: boolean;
}

const EPSILON = 1e-3;
const wave = (size: number, phase: number) => Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase));

/** No output is so near 0 that a finite difference steps over relu's edge. */
function inputsOf({ rows, channels }: Case): Arrays {
  const size = rows * channels, x = wave(size, 0), addend = wave(size, 1);
  return { x, scale: wave(channels, 2), shift: wave(channels, 3), addend };
}

/** In float64: [y, mean, variance]. */
function exact({ x, scale, shift, addend }: Arrays, { rows, channels, relu, added }: Case): number[][] {
  const column = (j: number) => Array.from({ length: rows }, (_, i) => x[i * channels + j]);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const mean = Array.from({ length: channels }, (_, j) => sum(column(j)) / rows);
  const variance = mean.map((m, j) => sum(column(j).map((value) => (value - m) ** 2)) / rows);
  const y = x.map((value, i) => {
    const j = i % channels, own = (value - mean[j]) / Math.sqrt(variance[j] + EPSILON) * scale[j] + shift[j];
    return added ? own + addend[i] : own;
  });
  return [relu ? y.map((value) => value < 0 ? 0 : value) : y, mean, variance];
}

/** What the loss Σ w y + Σ u mean + Σ v variance weighs with. */
const weightsOf = ({ rows, channels }: Case) => [wave(rows * channels, 4), wave(channels, 5), wave(channels, 6)];
const loss = (results: number[][], weights: number[][]) =>
  results.flat().reduce((sum, value, i) => sum + value * weights.flat()[i], 0);

/** The gradients of the loss in every input, by central differences. */
function exactGradients(inputs: Arrays, test: Case): Arrays {
  const weights = weightsOf(test), step = 1e-5;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [
      name,
      values.map((_, i) => {
        const moved = (by: number) => {
          const at = { ...inputs, [name]: values.map((value, k) => k === i ? value + by : value) };
          return loss(exact(at, test), weights);
        };
        return (moved(step) - moved(-step)) / (2 * step);
      }),
    ]),
  ) as Arrays;
}

const cube = (x: readonly number[], { rows, channels }: Case): Tensor =>
  rows % 6 === 0 ? tf.tensor([...x], [rows / 6, 3, 2, channels]) : tf.tensor([...x], [rows, channels]);

/** The results and the gradients on the backend that is chosen. */
async function computed(inputs: Arrays, test: Case): Promise<{ results: number[][]; gradients: Arrays }> {
  const { relu, added } = test, names = Object.keys(inputs) as (keyof Arrays)[];
  const tensors = names.map((name) =>
    name === "x" || name === "addend" ? cube(inputs[name], test) : tf.tensor1d(inputs[name])
  );
  const apply = (x: Tensor, scale: Tensor, shift: Tensor, addend: Tensor): Tensor[] => {
    const { y, statistics } = batchNormalized(x, {
      scale,
      shift,
      epsilon: EPSILON,
      relu,
      ...added && { addend },
    });
    return [y, statistics.mean, statistics.variance];
  };
  const lossOf = (...at: Tensor[]): Tensor => {
    const [x, scale, shift, addend] = at, results = apply(x, scale, shift, addend);
    const terms = results.map((result, i) => tf.sum(tf.mul(result, tf.tensor(weightsOf(test)[i], result.shape))));
    return tf.add(tf.addN(terms), tf.mul(tf.sum(addend), added ? 0 : 1e-30)); // tf.grads wants it used
  };
  const all = tf.tidy(() => [
    ...apply(tensors[0], tensors[1], tensors[2], tensors[3]),
    ...tf.grads(lossOf as never)(tensors),
  ]);
  const values = await Promise.all(all.map(async (tensor) => [...await tensor.data()]));
  all.forEach((tensor, i) => i > 2 && assertEquals(tensor.shape, tensors[i - 3].shape));
  tf.dispose([all, tensors]);
  return {
    results: values.slice(0, 3),
    gradients: Object.fromEntries(names.map((name, i) => [name, values[3 + i]])) as Arrays,
  };
}

function assertClose(actual: number[], expected: number[], tolerance: number, what: string): void {
  assertEquals(actual.length, expected.length);
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0.1);
  actual.forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance * largest, `${what} ${i}`));
}

const cases: Case[] = [1, 2, 3, 4, 6, 7, 8, 13].flatMap((channels, i) =>
  [[false, false], [false, true], [true, false], [true, true]].map(([relu, added], k) => ({
    ...{ rows: [6, 5, 12, 7][(i + k) % 4], channels, relu, added },
  }))
);

async function agreesWithFloat64(): Promise<void> {
  const before = tf.memory().numTensors;
  for (const test of cases) {
    const inputs = inputsOf(test), { results, gradients } = await computed(inputs, test);
    const what = JSON.stringify(test);
    exact(inputs, test).forEach((expected, i) => assertClose(results[i], expected, 1e-5, `${what}, result ${i}`));
    for (const [name, expected] of Object.entries(exactGradients(inputs, test))) {
      assertClose(gradients[name as keyof Arrays], expected, 2e-5, `${what}, gradient of ${name}`);
    }
  }
  assertEquals(tf.memory().numTensors, before);
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`batchNormalized on ${backend} and its gradients are those of float64, whatever the channels`, async () => {
    await chooseBackend(backend);
    await agreesWithFloat64();
  });
}
webgpuTest(
  "batchNormalized on webgpu and its gradients are those of float64, whatever the channels",
  agreesWithFloat64,
);

Deno.test("batchNormalized on wasm: more rows than are worked on at a time, in both builds", async () => {
  for (const strict of [false, true]) {
    for (const channels of [4, 5, 16]) {
      const test = { rows: 4100, channels, relu: true, added: true }, inputs = inputsOf(test);
      await chooseBackend("cpu");
      const expected = await computed(inputs, test);
      await chooseBackend("wasm", { strict });
      const actual = await computed(inputs, test);
      exact(inputs, test).forEach((values, i) => assertClose(actual.results[i], values, 2e-6, `result ${i}`));
      for (const [name, values] of Object.entries(expected.gradients)) {
        assertClose(actual.gradients[name as keyof Arrays], values, 1e-5, `${channels} channels, gradient of ${name}`);
      }
    }
  }
  await chooseBackend("wasm");
});

Deno.test("batchNormalized on wasm: the variance beside a large mean, and of equal numbers", async () => {
  await chooseBackend("wasm");
  for (const [rows, mean, spread] of [[50_000, 1000, 0.1], [300, -4e4, 1], [50_000, 0.1, 0]]) {
    const values = Float32Array.from({ length: 3 * rows }, (_, i) => mean + spread * Math.sin(i * i));
    const expected = exact(
      { x: [...values], scale: [1, 1, 1], shift: [0, 0, 0], addend: [] },
      { rows, channels: 3, relu: false, added: false },
    );
    tf.tidy(() => {
      const affine = { scale: tf.ones([3]), shift: tf.zeros([3]), epsilon: 1e-5, relu: false };
      const { statistics } = batchNormalized(tf.tensor2d(values, [rows, 3]), affine);
      statistics.mean.dataSync().forEach((x, j) => assertLess(Math.abs(x - expected[1][j]), 6e-8 * Math.abs(mean)));
      statistics.variance.dataSync().forEach((x, j) => {
        assert(x >= 0);
        assertLess(Math.abs(x - expected[2][j]), 1e-5 * expected[2][j] + 1e-14);
      });
    });
  }
});

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`on ${backend} NaN stays NaN through relu, in its channel, by the batch's and by given statistics`, async () => {
    await chooseBackend(backend);
    tf.tidy(() => {
      const x = tf.tensor2d(wave(20, 0).map((value, i) => i === 6 ? NaN : value), [4, 5]);
      const affine = { scale: tf.ones([5]), shift: tf.zeros([5]), epsilon: 1e-5, relu: true };
      const y = batchNormalized(x, affine).y.dataSync();
      y.forEach((value, i) => assertEquals(Number.isNaN(value), i % 5 === 1, `${i}`));
      const given = normalized(x, { mean: tf.zeros([5]), variance: tf.ones([5]) }, affine).dataSync();
      given.forEach((value, i) => assertEquals(Number.isNaN(value), i === 6, `${i}`));
      const addend = tf.tensor2d(wave(20, 0).map((value, i) => i === 9 ? NaN : value), [4, 5]);
      const sum = batchNormalized(tf.tensor2d(wave(20, 1), [4, 5]), { ...affine, addend }).y.dataSync();
      sum.forEach((value, i) => assertEquals(Number.isNaN(value), i === 9, `${i}`));
    });
  });
}

Deno.test("normalized on wasm is what it is on cpu, and has gradients", async () => {
  for (const channels of [1, 4, 6, 8]) {
    for (const relu of [false, true]) {
      const all = async (backend: "cpu" | "wasm") => {
        await chooseBackend(backend);
        return tf.tidy(() => {
          const channel = (phase: number) => tf.tensor1d(wave(channels, phase));
          const x = tf.tensor(wave(30 * channels, 0), [2, 3, 5, channels]),
            addend = tf.tensor(wave(x.size, 1), x.shape);
          const affine = { scale: channel(2), shift: channel(3), epsilon: EPSILON, relu };
          const statistics = { mean: channel(4), variance: tf.abs(channel(5)) };
          const of = (x: Tensor, addend?: Tensor): Tensor =>
            normalized(x, statistics, { ...affine, ...addend && { addend } });
          const gradient = tf.grad((x: Tensor) => tf.sum(tf.mul(of(x, addend), addend)))(x);
          return [of(x), of(x, addend), gradient].map((tensor) => [...tensor.dataSync()]);
        });
      };
      const expected = await all("cpu"), actual = await all("wasm");
      expected.forEach((values, i) => assertClose(actual[i], values, 2e-6, `${channels} channels, ${i}`));
    }
  }
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
