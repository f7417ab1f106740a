/** Kronecker-structured maps: kernels against tfjs's operations, closed gradients against tfjs's own. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";
import { identityFactor } from "../../runtime/block_factor.ts";
import { kronecker, type KroneckerForm, kroneckerGradients } from "../../runtime/kronecker.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly blockSize: number;
  readonly a: boolean;
  readonly b: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(63, 64, 65, 130)),
  columns: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(63, 64, 65, 130)),
  blockSize: fc.constantFrom(1, 2, 3, 7, 16, 64, 1000),
  a: fc.boolean(),
  b: fc.boolean(),
});

const wave = (shape: number[], phase: number): Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.37 + phase)),
    shape,
  );

/** Factors far from the identity, also where the last block reaches beyond the matrix. */
function example({ rows, columns, blockSize, a, b }: Case) {
  const factor = (n: number, phase: number): Tensor => {
    const identity = identityFactor(n, blockSize);
    return tf.add(identity, tf.mul(wave(identity.shape, phase), 0.5));
  };
  const form: KroneckerForm = {
    scale: wave([rows, columns], 1),
    ...a && { a: factor(rows, 2) },
    ...b && { b: factor(columns, 3) },
  };
  return { form, g: wave([rows, columns], 4), c: wave([rows, columns], 5) };
}

/** P G and ∇⟨C, P G⟩ by this backend. */
async function computed(test: Case): Promise<Record<string, Float32Array>> {
  const tensors = tf.tidy(() => {
    const { form, g, c } = example(test);
    return { product: kronecker(form, g), ...kroneckerGradients(form, g, c) };
  });
  const arrays = await Promise.all(
    Object.entries(tensors).map(async ([name, x]) => [name, await x.data() as Float32Array]),
  );
  tf.dispose(tensors);
  return Object.fromEntries(arrays);
}

/** The same by tfjs's gradients of tfjs's operations, on cpu. */
async function reference(test: Case): Promise<Record<string, Float32Array>> {
  await chooseBackend("cpu");
  return tf.tidy(() => {
    const { form, g, c } = example(test), names = Object.keys(form), parts = Object.values(form) as Tensor[];
    const at = (values: Tensor[]) => Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const inner = (...values: Tensor[]) => tf.sum(tf.mul(c, kronecker(at(values) as unknown as KroneckerForm, g)));
    const gradients = tf.grads(inner)(parts);
    const product = kronecker(form, g);
    return Object.fromEntries(
      Object.entries({ product, ...at(gradients) }).map(([name, x]) => [name, x.dataSync().slice() as Float32Array]),
    );
  });
}

function assertClose(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  assertEquals(Object.keys(actual).toSorted(), Object.keys(expected).toSorted());
  for (const [name, values] of Object.entries(expected)) {
    const size = Math.max(1e-3, ...values.map(Math.abs));
    assertEquals(actual[name].length, values.length);
    values.forEach((x, i) => assertAlmostEquals(actual[name][i], x, 3e-6 * size, `${name}[${i}]`));
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`kronecker on ${backend}: product and gradients are those of tfjs's operations, whatever the sizes`, () =>
    fc.assert(
      fc.asyncProperty(cases, async (test) => {
        const expected = await reference(test);
        await chooseBackend(backend);
        assertClose(await computed(test), expected);
      }),
      { numRuns: 60 },
    ));
}

webgpuTest("kronecker on webgpu: product and gradients are those of tfjs's operations", async () => {
  for (const blockSize of [3, 1000]) {
    const test = { rows: 7, columns: 5, blockSize, a: true, b: true }, expected = await reference(test);
    await chooseBackend("webgpu");
    assertClose(await computed(test), expected);
  }
});

Deno.test("kronecker on wasm: full factors too large for strips are whole products, with the same result", async () => {
  const test = { rows: 300, columns: 20, blockSize: 1000, a: true, b: true }, expected = await reference(test);
  await chooseBackend("wasm");
  assertClose(await computed(test), expected);
});
