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
import { webgpuBackend } from "../../../runtime/webgpu/backend.ts";
import { countDispatches } from "../../../runtime/webgpu/count_dispatches.ts";
import { withoutDisplay } from "../../../runtime/webgpu/quiet.ts";
import { mendWebgpu } from "../../../runtime/webgpu/mend_webgpu.ts";
import { halfTest, webgpuTest } from "../webgpu_test_case.ts";

const rounded: Arithmetic = { results: {}, products: F16 }, halves: Arithmetic = { ...rounded, halves: true };

const stream = random(1, "half products");
const normal = (...shape: number[]) => randomTensor(shape, () => stream.normal());

const computed = (arithmetic: Arithmetic, f: () => Tensor | Tensor[]) =>
  [tf.tidy(() => roundedIn(arithmetic, "passes", f))].flat();

/** Both agree, up to what the order of sums does before the last rounding; the largest number of each result is its unit. */
async function agree(name: string, f: () => Tensor | Tensor[]): Promise<void> {
  const [ours, theirs] = [computed(halves, f), computed(rounded, f)];
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
  const sizes = [[1, 1, 1], [5, 3, 7], [64, 64, 16], [65, 130, 33], [770, 720, 17]];
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
  await agree(
    "one for all, on the left",
    () => tf.matMul(tf.transpose(one, [0, 1, 3, 2]), tf.transpose(a, [0, 1, 3, 2])),
  );
  await agree("with their gradients", () => tf.grads((a, b) => tf.matMul(a, b))([a, b]));
  tf.dispose([a, b, one]);
});

halfTest("convolutions there and back: strides, paddings, dilations", async () => {
  type Steps = number | [number, number];
  const cases: [number[], number[], Steps, Parameters<typeof tf.conv2d>[3], Steps][] = [
    [[2, 9, 8, 3], [3, 3, 3, 4], [3, 2], [[0, 0], [2, 1], [1, 3], [0, 0]], 1],
    [[2, 10, 8, 3], [3, 3, 3, 4], 2, "same", 1],
    [[2, 9, 8, 3], [1, 1, 3, 4], [2, 3], "valid", 1],
    [[1, 10, 11, 2], [3, 2, 2, 3], 1, "same", [2, 3]],
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
  const [result] = computed(halves, () => tf.matMul(a, b));
  assertEquals([...await result.data()], [Infinity, NaN, Infinity, Infinity]);
  const one = tf.tensor2d([[1], [0]]), [kept] = computed(halves, () => tf.matMul(a, one));
  assertEquals([...await kept.data()].filter((x) => !Number.isNaN(x)), [300, Infinity, 65504]);
  tf.dispose([a, b, one, result, kept]);
});

halfTest("each of the kernels is one program instead of those of the rounding", () => {
  const x = normal(2, 6, 6, 3) as tf.Tensor4D, kernel = normal(3, 3, 3, 4) as tf.Tensor4D, dy = normal(2, 4, 4, 4);
  const a = normal(6, 8), b = normal(8, 6);
  const cases: Record<string, () => Tensor> = {
    product: () => tf.matMul(a, b),
    convolution: () => tf.conv2d(x, kernel, 1, "valid"),
    "input's gradient": () => tf.conv2dTranspose(dy as tf.Tensor4D, kernel, x.shape, 1, "valid"),
    "filter's gradient": () => tf.grad((kernel) => tf.conv2d(x, kernel as tf.Tensor4D, 1, "valid"))(kernel, dy),
  };
  for (const [name, f] of Object.entries(cases)) {
    const dispatches = (arithmetic: Arithmetic) =>
      countDispatches(() => tf.dispose(computed(arithmetic, f))).dispatches;
    computed(halves, f).forEach((result) => result.dispose()); // uploads its operands
    const [ours, theirs] = [dispatches(halves), dispatches(rounded)];
    // the rounding of both operands and of the result
    assert(theirs - ours >= 3, `${name}: ${ours} and ${theirs}`);
  }
  tf.dispose([x, kernel, dy, a, b]);
  return Promise.resolve();
});

halfTest("what half precision does not suit goes another way: whole numbers, and what is empty", async () => {
  const whole = tf.tensor2d([[1, 2], [3, 4]], [2, 2], "int32");
  const [product] = computed(halves, () => tf.matMul(whole, whole));
  assertEquals([product.dtype, [...await product.data()]], ["int32", [7, 10, 15, 22]]);
  const small = tf.ones([1, 2, 2, 1]) as tf.Tensor4D, large = tf.ones([3, 3, 1, 2]) as tf.Tensor4D;
  const [empty] = computed(halves, () => tf.conv2d(small, large, 1, "valid"));
  assertEquals(empty.shape, [1, 0, 0, 2]);
  tf.dispose([whole, product, small, large, empty]);
});

webgpuTest("a device has half precision exactly if the adapter offers it, also after another one without", async () => {
  const adapter = (await withoutDisplay(() => navigator.gpu.requestAdapter({ powerPreference: "high-performance" })))!;
  assertEquals(hasHalfProducts(), adapter.features.has("shader-f16"));
  const device = webgpuBackend()!.device, features = Object.getOwnPropertyDescriptor(device, "features");
  Object.defineProperty(device, "features", { value: new Set(), configurable: true });
  try {
    mendWebgpu();
    assertEquals(hasHalfProducts(), false);
    assertThrows(() => computed(halves, () => tf.scalar(1)), UserError, "the GPU's device lacks (shader-f16)");
  } finally {
    if (features) Object.defineProperty(device, "features", features);
    else delete (device as { features?: unknown }).features;
    mendWebgpu();
  }
  assertEquals(hasHalfProducts(), adapter.features.has("shader-f16"));
});

Deno.test("a backend without half precision is refused by name", async () => {
  await chooseBackend("cpu");
  assertThrows(
    () => roundedIn(halves, "passes", () => tf.scalar(1)),
    UserError,
    "needs products in half precision, which cpu does not have; give precision=f16-products",
  );
});
