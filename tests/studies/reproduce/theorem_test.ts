/** The theorem: gradient descent on the meta-objective ends where docs/theory.md says. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Course } from "../../../studies/reproduce/theorem/descent.ts";
import { freeMatrix } from "../../../studies/reproduce/theorem/free_matrix.ts";
import { kroneckerIsKfac } from "../../../studies/reproduce/theorem/kronecker.ts";
import { naturalGradientByKl } from "../../../studies/reproduce/theorem/natural_gradient.ts";
import { chooseBackend } from "../../../runtime/backend.ts";

await chooseBackend("cpu");

function assertConverges(experiment: () => Course, tolerance: number): void {
  const before = tf.memory().numTensors, { points } = experiment();
  assertGreater(points[0].value, 0.5);
  assertLess(points.at(-1)!.value, tolerance);
  assertEquals(tf.memory().numTensors, before);
}

for (const [seed, n] of [[1, 2], [2, 4], [3, 6]]) {
  Deno.test(`theorem: the free matrix of ${n} parameters is (λ_FSD G + λ_WSD I)⁻¹ (problem ${seed})`, () =>
    assertConverges(() => freeMatrix({ seed, n, rank: n }), 1e-5));
}
for (const [seed, n, rank] of [[4, 3, 1], [5, 5, 3]]) {
  Deno.test(`theorem: gradients of rank ${rank} of ${n} leave P as it was where none of them points`, () =>
    assertConverges(() => freeMatrix({ seed, n, rank }), 1e-4));
}
Deno.test("theorem: with ρ = KL on softmax regression, P g is the damped natural gradient", () =>
  assertConverges(() => naturalGradientByKl({ seed: 2 }), 2e-3));
Deno.test("theorem: under KFAC's assumptions the structured form's P is KFAC's", () =>
  assertConverges(() => kroneckerIsKfac({ seed: 4 }), 1e-5));
