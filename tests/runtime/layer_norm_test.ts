/** Normalization of rows: against float64, on every backend and in both builds on wasm. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { LAYER_NORM, LAYER_NORM_GRADIENT, layerNormalized } from "../../runtime/layer_norm.ts";
import { reversePass } from "../../runtime/reverse_pass.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { everywhere } from "./everywhere.ts";

const epsilon = 1e-3;
const wave = (size: number, phase: number) => Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase));

type Arrays = Record<"x" | "scale" | "shift", number[]>;

/** y in float64, by definition. */
function exact({ x, scale, shift }: Arrays): number[] {
  const columns = scale.length, mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / columns;
  return Array.from({ length: x.length / columns }, (_, i) => x.slice(i * columns, (i + 1) * columns)).flatMap(
    (row) => {
      const centre = mean(row), deviation = Math.sqrt(mean(row.map((v) => (v - centre) ** 2)) + epsilon);
      return row.map((v, j) => (v - centre) / deviation * scale[j] + shift[j]);
    },
  );
}

/** The gradients of Σ w y in every input, by central differences. */
function finiteDifferences(inputs: Arrays, weights: number[]): Arrays {
  const step = 1e-5, loss = (at: Arrays) => exact(at).reduce((sum, y, i) => sum + y * weights[i], 0);
  const slopes = Object.entries(inputs).map(([name, values]) => {
    const moved = (i: number, by: number) => loss({ ...inputs, [name]: values.with(i, values[i] + by) });
    return [name, values.map((_, i) => (moved(i, step) - moved(i, -step)) / (2 * step))];
  });
  return Object.fromEntries(slopes) as Arrays;
}

function assertClose(actual: ArrayLike<number>, expected: number[], tolerance: number, what: string): void {
  assertEquals(actual.length, expected.length);
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0.1);
  expected.forEach((x, i) => assertAlmostEquals(actual[i], x, tolerance * largest, `${what} ${i}`));
}

everywhere("layerNormalized and its gradients are those of float64, whatever the sizes", async () => {
  const shapes = [[1, 1], [3, 1], [5, 2], [2, 3, 3], [7, 4], [1, 5], [2, 2, 6], [4, 7], [3, 8], [2, 3, 2, 13], [
    9,
    131,
  ]];
  for (const shape of shapes) {
    const size = tf.util.sizeFromShape(shape), columns = shape.at(-1)!, weights = wave(size, 4), what = `[${shape}]`;
    const inputs = { x: wave(size, 0), scale: wave(columns, 2), shift: wave(columns, 3) };
    const params = {
      x: tf.tensor(inputs.x, shape),
      scale: tf.tensor1d(inputs.scale),
      shift: tf.tensor1d(inputs.shift),
    };
    const y = ({ x, scale, shift }: Tensors): Tensor => layerNormalized(x, { scale, shift, epsilon });
    const loss = (at: Tensors): Tensor => tf.sum(tf.mul(y(at), tf.tensor(weights, shape)));
    const [result, gradients] = tf.tidy(() => [y(params), reversePass(loss, params).gradients] as const);
    assertEquals(result.shape, shape);
    assertClose(await result.data(), exact(inputs), 1e-5, what);
    for (const [name, expected] of Object.entries(finiteDifferences(inputs, weights)) as [keyof Arrays, number[]][]) {
      assertEquals(gradients[name].shape, params[name].shape);
      assertClose(await gradients[name].data(), expected, 2e-5, `${what}, gradient of ${name}`);
    }
    tf.dispose([result, { ...gradients }, params]);
  }
});

everywhere("layerNormalized: rows far from 0, of equal numbers, with NaN, and none", async () => {
  const columns = 6,
    waves = wave(columns, 0),
    affine = { scale: tf.ones([columns]), shift: tf.zeros([columns]), epsilon };
  const rows = [
    waves.map((v) => Math.fround(1000 + v)),
    waves.map(() => -4e4),
    waves.map((v, j) => j === 4 ? NaN : v),
    waves,
  ];
  const x = tf.tensor2d(rows), none = tf.zeros([0, columns]);
  const [y, empty] = tf.tidy(() => [layerNormalized(x, affine), layerNormalized(none, affine)]);
  const values = await y.data(), row = (i: number) => values.slice(i * columns, (i + 1) * columns);
  for (const i of [0, 1, 3]) {
    assertClose(row(i), exact({ x: rows[i], scale: waves.map(() => 1), shift: waves.map(() => 0) }), 2e-4, `row ${i}`);
  }
  assert(row(2).every(Number.isNaN));
  assertEquals(empty.shape, [0, columns]);
  tf.dispose([x, none, y, empty, affine.scale, affine.shift]);
});

everywhere("layerNormalized: a gradient of a gradient is tfjs's", async () => {
  const slope = tf.tidy(() => {
    const scale = tf.ones([3]), shift = tf.zeros([3]), x = tf.tensor2d([[1, -2, 4]]), w = tf.tensor1d([1, 5, -3]);
    const cost = (scale: Tensor): Tensor => tf.sum(tf.mul(w, tf.square(layerNormalized(x, { scale, shift, epsilon }))));
    return tf.grad((scale: Tensor) => tf.sum(tf.grad(cost)(scale)))(scale); // 2 w x̂²
  });
  const square = 9 / (6 + epsilon);
  assertClose(await slope.data(), [0, 10 * square, -6 * square], 1e-5, "slope");
  slope.dispose();
});

Deno.test("layerNormalized on wasm is one kernel there and one back; other types are left to tfjs", async () => {
  await chooseBackend("wasm");
  const engine = tf.engine(), { runKernel } = engine, names: string[] = [];
  const x = tf.tensor2d(wave(20, 0), [4, 5]), affine = { scale: tf.ones([5]), shift: tf.zeros([5]), epsilon };
  engine.runKernel = function (name, ...rest) {
    names.push(name);
    return runKernel.call(this, name, ...rest) as never;
  };
  try {
    tf.tidy(() => void tf.grad((x: Tensor) => layerNormalized(x, affine))(x));
  } finally {
    engine.runKernel = runKernel;
  }
  assertEquals(names.filter((name) => name.startsWith("Apo")), [LAYER_NORM, LAYER_NORM_GRADIENT]);
  assert(!names.some((name) => ["Mean", "Rsqrt", "Sub", "Mul"].includes(name)), `${names}`);
  const whole = tf.tidy(() => layerNormalized(tf.cast(x, "int32"), affine));
  assertEquals(whole.shape, [4, 5]);
  tf.dispose([x, affine.scale, affine.shift, whole]);
});
