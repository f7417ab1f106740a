import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";
import { addRow } from "../../runtime/wasm/add_row.ts";
import { type WorkContext, workContext } from "../../runtime/wasm/context.ts";
import { addressOf, type WasmBackend } from "../../runtime/wasm/heap.ts";
import { hasRelaxedSimd } from "../../runtime/wasm/kernels.ts";
import { deno, root } from "../cli/command.ts";

Deno.test("kernels: the bytes in the repository are what assembly/ compiles to", async () => {
  const args = ["task", "-q", "kernels", "--check"];
  const { success, stderr } = await new Deno.Command(deno, { args, cwd: root, stdout: "null" }).output();
  assert(success, new TextDecoder().decode(stderr));
});

/** Runs `body` with one of the builds, and gives it a context of that build. */
async function withBuild(strict: boolean, body: (context: WorkContext) => void): Promise<void> {
  await chooseBackend("wasm", { blas: "off", strict });
  const context = workContext(tf.backend() as unknown as WasmBackend, strict);
  body(context);
  context.workspace.free();
}

const wave = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase));

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Sizes on both sides of those of tiles (4, 8) and blocks (120, 256, 1008). */
const size = (...edges: number[]) =>
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(...edges.flatMap((n) => [n - 1, n, n + 1, n + 5])));
const cases: fc.Arbitrary<Case> = fc.record({
  rows: size(120, 240),
  columns: size(64, 1008),
  inner: size(256, 512),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
});

/** a b as a sum in order, a number at a time; blocks of 256 are summed on their own. */
function inOrder({ rows, columns, inner, transposeA, transposeB }: Case, a: Float32Array, b: Float32Array) {
  const out = new Float32Array(rows * columns), { fround } = Math;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let total = 0;
      for (let block = 0; block < inner; block += 256) {
        let sum = 0;
        for (let k = block; k < Math.min(inner, block + 256); k++) {
          const x = a[transposeA ? k * rows + i : i * inner + k], y = b[transposeB ? j * inner + k : k * columns + j];
          sum = fround(sum + fround(x * y));
        }
        total = block === 0 ? sum : fround(total + sum);
      }
      out[i * columns + j] = total;
    }
  }
  return out;
}

function productOf(test: Case, a: Float32Array, b: Float32Array): Float32Array {
  const { rows, columns, inner, transposeA, transposeB } = test;
  return tf.tidy(() => {
    const x = tf.tensor2d(a, transposeA ? [inner, rows] : [rows, inner]);
    const y = tf.tensor2d(b, transposeB ? [columns, inner] : [inner, columns]);
    return tf.matMul(x, y, transposeA, transposeB).dataSync().slice() as Float32Array;
  });
}

Deno.test("strict products have the bits of sums in order, whatever the processor: all sizes, all transposes", () =>
  withBuild(true, () =>
    fc.assert(
      fc.property(cases, (test) => {
        const a = wave(test.rows * test.inner, 0), b = wave(test.inner * test.columns, 1);
        assertEquals(productOf(test, a, b), inOrder(test, a, b));
      }),
      { numRuns: 40 },
    )));

Deno.test({
  name: "relaxed products are as exact as strict ones: all sizes, all transposes",
  ignore: !hasRelaxedSimd(),
  fn: () =>
    withBuild(false, () =>
      fc.assert(
        fc.property(cases, (test) => {
          const a = wave(test.rows * test.inner, 0), b = wave(test.inner * test.columns, 1);
          const expected = inOrder(test, a, b), actual = productOf(test, a, b);
          const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
          actual.forEach((x, i) => assertLess(Math.abs(x - expected[i]), 1e-6 * test.inner ** 0.5 * largest));
        }),
        { numRuns: 40 },
      )),
});

Deno.test("a product writes its result and nothing beside it, also when it adds to one", () =>
  withBuild(true, ({ backend, kernels, workspace }) => {
    const [rows, columns, inner] = [6, 11, 3], gap = 5; // the result's rows are 16 numbers apart
    const a = tf.tensor2d(wave(rows * inner, 0), [rows, inner]),
      b = tf.tensor2d(wave(inner * columns, 1), [inner, columns]);
    const out = backend.makeOutput([rows, columns + gap], "float32");
    backend.typedArrayFromHeap(out).fill(7);
    const [x, y, z] = [a, b, out].map((tensor) => addressOf(backend, tensor));
    const strides = [4 * (columns + gap), workspace.take(kernels.productBytes())];
    for (const accumulate of [0, 1]) {
      kernels.product(rows, columns, inner, x, 4 * inner, 4, y, 4 * columns, 4, z, ...strides, accumulate);
    }
    const expected = inOrder({ rows, columns, inner, transposeA: false, transposeB: false }, wave(18, 0), wave(33, 1));
    backend.typedArrayFromHeap(out).forEach((value, i) => {
      const row = Math.floor(i / (columns + gap)), column = i % (columns + gap);
      assertEquals(value, column < columns ? 2 * expected[row * columns + column] : 7);
    });
    backend.disposeData(out.dataId);
    tf.dispose([a, b]);
  }));

Deno.test("sums over the first and the last axes, of every size, are those of float64", () =>
  withBuild(true, () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 37 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (shape, cut, last) => {
          const count = Math.min(cut, shape.length), rank = shape.length;
          const axes = Array.from({ length: count }, (_, i) => last ? rank - 1 - i : i);
          tf.tidy(() => {
            const values = wave(tf.util.sizeFromShape(shape), 0), x = tf.tensor(values, shape);
            const actual = tf.sum(x, axes), kept = shape.map((n, i) => axes.includes(i) ? 1 : n);
            assertEquals(actual.shape, shape.filter((_, i) => !axes.includes(i)));
            const expected = new Float64Array(tf.util.sizeFromShape(kept));
            const strides = kept.map((n, i) => n === 1 ? 0 : tf.util.sizeFromShape(kept.slice(i + 1)));
            values.forEach((value, at) => {
              let rest = at, to = 0;
              for (let i = rank - 1; i >= 0; i--) {
                to += rest % shape[i] * strides[i];
                rest = Math.floor(rest / shape[i]);
              }
              expected[to] += value;
            });
            actual.dataSync().forEach((sum, i) => assertLess(Math.abs(sum - expected[i]), 1e-4));
          });
        },
      ),
      { numRuns: 200 },
    )));

Deno.test("the workspace grows, and is not taken anew for less", () =>
  withBuild(true, ({ workspace }) => {
    const first = workspace.take(1000);
    assertEquals(workspace.take(10), first);
    assert(workspace.take(50_000_000) > 0);
    assertEquals(workspace.take(1000), workspace.take(50_000_000));
  }));

Deno.test("one number for all is added by tfjs, a row by the kernel", () =>
  withBuild(true, (context) => {
    const a = tf.ones([3, 4]), rows = { one: tf.scalar(2), row: tf.ones([4]), column: tf.ones([1]) };
    const sums = Object.values(rows).map((row) => addRow(context, { a, b: row }));
    assertEquals(sums.map((sum) => sum?.shape), [undefined, [3, 4], undefined]);
    context.backend.disposeData(sums[1]!.dataId);
    tf.dispose([a, rows]);
  }));

Deno.test("exp, sigmoid, softplus and tanh: a few units in the last place from float64, also at the ends and beyond", () =>
  withBuild(true, () => {
    const functions: [(x: tf.Tensor) => tf.Tensor, (x: number) => number][] = [
      [tf.exp, Math.exp],
      [tf.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
      [tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
      [tf.tanh, Math.tanh],
    ];
    const dense = Float32Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 190); // −105 … 105
    const tiny = Float32Array.from({ length: 203 }, (_, i) => (i % 2 ? -1 : 1) * 10 ** (-i / 6)); // to 1e-34
    const special = Float32Array.of(0, -0, Infinity, -Infinity, NaN, 3.4e38, -3.4e38);
    for (const [f, exact] of functions) {
      for (const values of [dense, tiny, special]) {
        const actual = tf.tidy(() => f(tf.tensor1d(values)).dataSync().slice());
        actual.forEach((y, i) => {
          const expected = Math.fround(exact(values[i]));
          if (!Number.isFinite(expected)) assertEquals(y, expected, `at ${values[i]}`);
          else {assertLess(
              Math.abs(y - expected),
              4e-7 * Math.abs(expected) + 2e-38,
              `at ${values[i]}: ${y}, not ${expected}`,
            );}
        });
      }
    }
  }));
