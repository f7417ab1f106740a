/** Kronecker-structured maps: kernels against tfjs's operations, closed gradients against tfjs's own. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";
import { identityFactor } from "../../runtime/block_factor.ts";
import { kronecker, type KroneckerForm, kroneckerGradients } from "../../runtime/kronecker.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { assertClose, type Results, resultsOf, type Sizes, sizes } from "./blockwise.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

interface Case extends Sizes {
  readonly a: boolean;
  readonly b: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({ ...sizes(), a: fc.boolean(), b: fc.boolean() });

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
async function computed(test: Case): Promise<Results> {
  return await resultsOf(tf.tidy(() => {
    const { form, g, c } = example(test);
    return { product: kronecker(form, g), ...kroneckerGradients(form, g, c) };
  }));
}

/** The same by tfjs's gradients of tfjs's operations, on cpu. */
async function reference(test: Case): Promise<Results> {
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
