/** Products in half precision on a GPU against the same by rounding. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { F16 } from "../../../runtime/precision/format.ts";
import { hasHalfProducts } from "../../../runtime/precision/half_products.ts";
import { roundArray } from "../../../runtime/precision/round.ts";
import { roundedIn } from "../../../runtime/precision/rounded_kernels.ts";
import type { Arithmetic } from "../../../runtime/precision/scope.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { webgpuTest } from "../webgpu_test_case.ts";

const rounded: Arithmetic = { results: {}, products: F16 }, halves: Arithmetic = { ...rounded, halves: true };

/** A test on WebGPU; where the device has no half precision it says so, and tests nothing. */
function halfTest(name: string, body: () => Promise<void>): void {
  webgpuTest(name, async () => {
    if (hasHalfProducts()) await body();
    else console.warn(`not tested, the device has no half precision: ${name}`);
  });
}

const stream = random(1, "half products");
const normal = (...shape: number[]) => randomTensor(shape, () => stream.normal());

/** Both agree, up to what the order of sums does before the last rounding; the largest number of each result is its unit. */
async function agree(name: string, f: () => Tensor | Tensor[]): Promise<void> {
  const [ours, theirs] = [halves, rounded].map((arithmetic) => {
    return [tf.tidy(() => roundedIn(arithmetic, "passes", f))].flat();
  });
  for (const [i, result] of ours.entries()) {
    assertEquals(result.shape, theirs[i].shape, name);
    const [a, b] = await Promise.all([result.data(), theirs[i].data()]) as Float32Array[];
    const nearest = a.slice();
    if (a.length > 1) roundArray(nearest, F16); // a number that stands alone stays in float32
    assertEquals(a, nearest, `${name}: numbers of the format`);
    const unit = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    assert(unit > 0 && Number.isFinite(unit), name);
    a.forEach((x, j) => assertAlmostEquals(x, b[j], unit * 2 ** -10, `${name}: result ${i}, number ${j}`));
    assert(a.filter((x, j) => x === b[j]).length > 0.95 * a.length, `${name}: nearly all to the bit`);
  }
  tf.dispose([...ours, ...theirs]);
}

halfTest("matrix products of all kinds", async () => {
  const sizes = [[1, 1, 1], [5, 3, 7], [64, 64, 16], [65, 130, 33], [130, 70, 200], [770, 720, 17]];
  for (const [rows, columns, inner] of sizes) {
    for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
      const a = transposeA ? normal(inner, rows) : normal(rows, inner);
      const b = transposeB ? normal(columns, inner) : normal(inner, columns);
      await agree(`${rows} × ${columns} × ${inner}, ${transposeA}, ${transposeB}`, () => {
        return tf.matMul(a, b, transposeA, transposeB);
      });
      tf.dispose([a, b]);
    }
  }
});

halfTest("several products at once, and one operand for all", async () => {
  const a = normal(2, 3, 20, 35), b = normal(2, 3, 35, 18), one = normal(1, 1, 35, 18);
  await agree("a product each", () => tf.matMul(a, b));
  await agree("one for all", () => tf.matMul(a, one));
  await agree("with their gradients", () => tf.grads((a, b) => tf.matMul(a, b))([a, b]));
  tf.dispose([a, b, one]);
});

halfTest("convolutions there and back: strides, paddings, dilations", async () => {
  const cases: [number[], number[], number | [number, number], Parameters<typeof tf.conv2d>[3], number][] = [
    [[3, 12, 12, 4], [5, 4, 4, 6], 1, "valid", 1],
    [[2, 9, 8, 3], [3, 3, 3, 4], 2, [[0, 0], [1, 1], [1, 1], [0, 0]], 1],
    [[2, 9, 8, 3], [1, 1, 3, 4], [2, 3], "valid", 1],
    [[1, 10, 11, 2], [3, 2, 2, 3], 1, "same", 2],
  ];
  for (const [shape, filter, strides, pad, dilations] of cases) {
    const x = normal(...shape) as tf.Tensor4D, kernel = normal(...filter) as tf.Tensor4D;
    const f = (x: Tensor, kernel: Tensor) =>
      tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, strides, pad, "NHWC", dilations);
    await agree(`${shape} * ${filter}`, () => f(x, kernel));
    if (dilations === 1) await agree(`back through ${shape} * ${filter}`, () => tf.grads(f)([x, kernel]));
    tf.dispose([x, kernel]);
  }
});

halfTest("what is too large becomes infinite, and NaN stays", async () => {
  const a = tf.tensor2d([[300, 0], [NaN, 1], [65520, 1], [65519, 0]]), b = tf.tensor2d([[300], [1]]);
  const result = tf.tidy(() => roundedIn(halves, "passes", () => tf.matMul(a, b)));
  assertEquals([...await result.data()], [Infinity, NaN, Infinity, Infinity]);
  const one = tf.tensor2d([[1], [0]]), kept = tf.tidy(() => roundedIn(halves, "passes", () => tf.matMul(a, one)));
  assertEquals([...await kept.data()].filter((x) => !Number.isNaN(x)), [300, Infinity, 65504]);
  tf.dispose([a, b, one, result, kept]);
});

Deno.test("a backend without half precision is refused by name", async () => {
  await chooseBackend("cpu");
  assertThrows(
    () => roundedIn(halves, "passes", () => tf.scalar(1)),
    UserError,
    "needs products in half precision, which cpu does not have; give precision=f16-products",
  );
});
