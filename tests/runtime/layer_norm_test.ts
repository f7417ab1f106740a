/** Layer normalization: against float64, on every backend and in both builds on wasm. */
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { LAYER_NORM, LAYER_NORM_GRADIENT, layerNormalized } from "../../runtime/layer_norm.ts";
import { reversePass } from "../../runtime/reverse_pass.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { assertClose, numbersOf } from "./close.ts";
import { everywhere } from "./everywhere.ts";

type Arrays = Record<"x" | "scale" | "shift", number[]>;

const EPSILON = 1e-3;
const wave = (size: number, phase: number) => Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase));
const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const inputsOf = (rows: number, size: number): Arrays => ({
  x: wave(rows * size, 0),
  scale: wave(size, 2),
  shift: wave(size, 3),
});

/** By definition, in float64. */
function exact({ x, scale, shift }: Arrays): number[] {
  const size = scale.length;
  return Array.from({ length: x.length / size }, (_, i) => x.slice(i * size, (i + 1) * size)).flatMap((row) => {
    const mean = dot(row, row.map(() => 1)) / size, variance = dot(row, row) / size - mean ** 2;
    return row.map((value, j) => (value - mean) / Math.sqrt(variance + EPSILON) * scale[j] + shift[j]);
  });
}

/** The output and the gradients of Σ w y on the backend that is chosen. */
async function computed(inputs: Arrays, shape: number[], w: number[]): Promise<{ y: number[]; gradients: Arrays }> {
  const params: Tensors = {
    x: tf.tensor(inputs.x, shape),
    scale: tf.tensor1d(inputs.scale),
    shift: tf.tensor1d(inputs.shift),
  };
  const apply = ({ x, scale, shift }: Tensors) => layerNormalized(x, { scale, shift, epsilon: EPSILON });
  const loss = (at: Tensors): Tensor => tf.sum(tf.mul(apply(at), tf.tensor(w, shape)));
  const all = tf.tidy(() => ({ y: apply(params), ...reversePass(loss, params).gradients }));
  assertEquals(Object.values(all).map((tensor) => tensor.shape), [
    shape,
    shape,
    params.scale.shape,
    params.shift.shape,
  ]);
  const { y, ...gradients } = await numbersOf<"y" | keyof Arrays>(all);
  tf.dispose(params as never);
  return { y, gradients };
}

everywhere("layerNormalized and its gradients are those of float64, whatever the size", async () => {
  for (const [i, size] of [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 33].entries()) {
    const rows = [1, 6, 5][i % 3], inputs = inputsOf(rows, size), w = wave(rows * size, 4), step = 1e-5;
    const { y, gradients } = await computed(inputs, rows === 6 ? [2, 3, size] : [rows, size], w),
      what = `${rows} × ${size}`;
    assertClose(y, exact(inputs), 1e-5, what);
    for (const [name, values] of Object.entries(inputs)) {
      const expected = values.map((_, i) => {
        const moved = (by: number) => dot(w, exact({ ...inputs, [name]: values.map((x, k) => k === i ? x + by : x) }));
        return (moved(step) - moved(-step)) / (2 * step);
      });
      assertClose(gradients[name as keyof Arrays], expected, 2e-5, `${what}, gradient of ${name}`);
    }
  }
});

everywhere("layerNormalized of many long rows: the slope along directions is that of float64", async () => {
  for (const [rows, size] of [[500, 128], [90, 511]]) {
    const inputs = inputsOf(rows, size), w = wave(rows * size, 4), step = 1e-4;
    const { y, gradients } = await computed(inputs, [rows, size], w);
    assertClose(y, exact(inputs), 1e-5, `${rows} × ${size}`);
    for (const [name, values] of Object.entries(inputs)) {
      const along = wave(values.length, 4.2); // near w, so that not all cancels
      const moved = (by: number) => dot(w, exact({ ...inputs, [name]: values.map((x, k) => x + by * along[k]) }));
      const expected = (moved(step) - moved(-step)) / (2 * step), gradient = gradients[name as keyof Arrays];
      const size = Math.sqrt(dot(gradient, gradient) * dot(along, along));
      assertLess(Math.abs(dot(gradient, along) - expected), 1e-5 * size, `${rows} × ${values.length}, ${name}`);
    }
  }
});

everywhere("layerNormalized: equal numbers give the shift, NaN stays in its row, and nothing has no rows", async () => {
  const values = [...Array(5).fill(3), ...wave(5, 0), 1, NaN, 2, 3, 4];
  const [y, nothing] = tf.tidy(() => {
    const affine = { scale: tf.ones([5]), shift: tf.fill([5], 7), epsilon: EPSILON };
    return [layerNormalized(tf.tensor2d(values, [3, 5]), affine), layerNormalized(tf.zeros([0, 5]), affine)];
  });
  const numbers = [...await y.data()];
  assertEquals(numbers.slice(0, 5), Array(5).fill(7));
  assertEquals(numbers.map(Number.isNaN), Array.from({ length: 15 }, (_, i) => i >= 10));
  assertEquals(nothing.shape, [0, 5]);
  tf.dispose([y, nothing]);
});

everywhere("layerNormalized: a gradient of a gradient is tfjs's", async () => {
  const slope = tf.tidy(() => {
    const x = tf.tensor2d([[1, -2, 4]]), w = tf.tensor1d([1, 5, -3]), shift = tf.zeros([3]);
    const cost = (scale: Tensor): Tensor =>
      tf.sum(tf.mul(w, tf.square(layerNormalized(x, { scale, shift, epsilon: EPSILON }))));
    return tf.grad((scale: Tensor) => tf.sum(tf.grad(cost)(scale)))(tf.ones([3])); // 2 w x̂²
  });
  const normal = [0, -3, 3].map((x) => x / Math.sqrt(6 + EPSILON));
  assertClose([...await slope.data()], normal.map((x, i) => 2 * [1, 5, -3][i] * x ** 2), 1e-5, "slope");
  slope.dispose();
});

Deno.test("layerNormalized on wasm is one kernel there and one back; other types are left to tfjs", async () => {
  await chooseBackend("wasm");
  const engine = tf.engine(), { runKernel } = engine, names: string[] = [];
  const x = tf.tensor2d(wave(20, 0), [4, 5]), affine = { scale: tf.ones([5]), shift: tf.zeros([5]), epsilon: EPSILON };
  engine.runKernel = function (name, ...rest) {
    names.push(name);
    return runKernel.call(this, name, ...rest) as never;
  };
  try {
    tf.tidy(() => tf.grad((x: Tensor) => tf.sum(layerNormalized(x, affine)))(x));
  } finally {
    engine.runKernel = runKernel;
  }
  assertEquals(names.filter((name) => name.startsWith("Apo")), [LAYER_NORM, LAYER_NORM_GRADIENT]);
  assert(!names.some((name) => ["Mean", "Rsqrt", "Sub"].includes(name)), `${names}`);
  const whole = tf.tidy(() => layerNormalized(tf.cast(x, "int32"), affine));
  assertEquals(whole.shape, [4, 5]);
  tf.dispose([x, affine.scale, affine.shift, whole]);
});
