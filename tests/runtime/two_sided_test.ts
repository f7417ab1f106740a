/** Matrices between factors and the factors' slopes, against tfjs's operations on dense matrices on cpu. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";
import { identityFactor } from "../../runtime/block_factor.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { blockProducts, type Matrix, twoSided } from "../../runtime/two_sided.ts";
import { blasTest } from "./blas/blas_test_case.ts";
import { assertClose, type Results, resultsOf, type Sizes, sizes } from "./blockwise.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

interface Case extends Sizes {
  readonly transposeLeft: boolean;
  readonly transposeRight: boolean;
  /** Whether the last row is a tensor of its own. */
  readonly apart: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  ...sizes({ leastRows: 2 }),
  transposeLeft: fc.boolean(),
  transposeRight: fc.boolean(),
  apart: fc.boolean(),
});

/** Random: sums of waves cancel, and only their rounding would be left to compare. */
function drawn(shape: number[], name: string): Tensor {
  const stream = random(0, name);
  return randomTensor(shape, () => stream.normal());
}

/** No zeros, also where the last block reaches beyond the matrix. */
const factor = (n: number, blockSize: number, name: string): Tensor => drawn(identityFactor(n, blockSize).shape, name);

function example({ rows, columns, blockSize }: Case) {
  const a = factor(rows, blockSize, "a"), b = factor(columns, blockSize, "b");
  return { a, b, x: drawn([rows, columns], "x"), y: drawn([rows, columns], "y") };
}

/** A factor as a dense matrix `[n, n]`: its blocks on the diagonal, cut off at n. */
function dense(factor: Tensor, n: number): Tensor {
  if (factor.rank === 2) return factor;
  const [blocks, size] = factor.shape, values = factor.dataSync(), matrix = new Float32Array(n * n);
  for (let k = 0; k < blocks; k++) {
    for (let i = 0; i < size && k * size + i < n; i++) {
      for (let j = 0; j < size && k * size + j < n; j++) {
        matrix[(k * size + i) * n + k * size + j] = values[(k * size + i) * size + j];
      }
    }
  }
  return tf.tensor2d(matrix, [n, n]);
}

function matrixOf(x: Tensor, apart: boolean): Matrix {
  if (!apart) return { body: x };
  const [rows, columns] = x.shape;
  return { body: tf.slice(x, 0, rows - 1), last: tf.reshape(tf.slice(x, rows - 1, 1), [columns]) };
}

/** What this backend computes. */
async function computed(test: Case): Promise<Results> {
  return await resultsOf(tf.tidy(() => {
    const { a, b, x, y } = example(test), left = matrixOf(x, test.apart), right = matrixOf(y, test.apart);
    const slopes = blockProducts(a, left, right, b), { body, last } = twoSided(a, left, b, test);
    assertEquals(last !== undefined, test.apart);
    return { body, ...last && { last }, slopeA: slopes.a, slopeB: slopes.b };
  }));
}

/** The same from dense matrices. */
async function reference(test: Case): Promise<Results> {
  await chooseBackend("cpu");
  const { rows, columns, blockSize, transposeLeft, transposeRight, apart } = test;
  return tf.tidy(() => {
    const { a, b, x, y } = example(test);
    const outside = tf.matMul(dense(a, rows), x, transposeLeft);
    const product = matrixOf(tf.matMul(outside, dense(b, columns), false, transposeRight), apart);
    const data = (x: Tensor) => x.dataSync().slice() as Float32Array;
    return {
      body: data(product.body),
      ...product.last && { last: data(product.last) },
      slopeA: blocksOf(tf.matMul(x, y, false, true), identityFactor(rows, blockSize)),
      slopeB: blocksOf(tf.matMul(x, y, true), identityFactor(columns, blockSize)),
    };
  });
}

/** The blocks of a dense matrix in a factor's shape, 0 beyond it. */
function blocksOf(matrix: Tensor, { shape }: Tensor): Float32Array {
  const n = matrix.shape[0], size = shape[shape.length - 1], values = matrix.dataSync();
  return Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, at) => {
    const i = Math.floor(at / size), j = Math.floor(i / size) * size + at % size;
    return i < n && j < n ? values[i * n + j] : 0;
  });
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`twoSided and blockProducts on ${backend} are those of dense factors, whatever the sizes`, () =>
    fc.assert(
      fc.asyncProperty(cases, async (test) => {
        const expected = await reference(test);
        await chooseBackend(backend, { blas: "off" });
        assertClose(await computed(test), expected);
      }),
      { numRuns: 60 },
    ));
}

const transposes = [false, true].flatMap((transposeLeft) =>
  [false, true].map((transposeRight) => ({ transposeLeft, transposeRight }))
);

blasTest("twoSided and blockProducts with products by OpenBLAS are those of dense factors", async ({ blas }) => {
  for (const apart of [false, true]) {
    for (const transpose of transposes) {
      const test = { rows: 130, columns: 65, blockSize: 64, apart, ...transpose }, expected = await reference(test);
      await chooseBackend("wasm", { blas: blas.path });
      assertClose(await computed(test), expected);
    }
  }
});

Deno.test("twoSided on wasm frees what lies between its products", async () => {
  await chooseBackend("wasm");
  const { numDataIds } = tf.backend() as unknown as { numDataIds(): number };
  const count = () => numDataIds.call(tf.backend());
  const a = factor(20, 3, "a"), b = factor(7, 3, "b"), x = drawn([20, 7], "x"), before = count();
  const { body } = twoSided(a, { body: x }, b);
  assertEquals(count() - before, 1);
  tf.dispose([a, b, x, body]);
});

webgpuTest("twoSided and blockProducts on webgpu are those of dense factors", async () => {
  for (const blockSize of [3, 1000]) {
    const test = { rows: 8, columns: 5, blockSize, transposeLeft: true, transposeRight: true, apart: true };
    const expected = await reference(test);
    await chooseBackend("webgpu");
    assertClose(await computed(test), expected);
  }
});

Deno.test("twoSided on wasm has gradients, by tfjs's operations", async () => {
  await chooseBackend("wasm");
  tf.tidy(() => {
    const a = drawn([3, 3], "a"), b = drawn([2, 2], "b"), x = drawn([3, 2], "x"), c = drawn([3, 2], "c");
    const slope = tf.grad((x: Tensor) => tf.sum(tf.mul(c, twoSided(a, { body: x }, b).body)))(x);
    const expected = tf.matMul(tf.matMul(a, c, true), b, false, true).dataSync(); // Aᵀ C Bᵀ
    slope.dataSync().forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-5));
  });
});
