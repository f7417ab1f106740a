/** Values and gradients of the losses and discrepancies against closed forms in float64. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy, kl, squaredError, type Tensor } from "../../proximal/mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { random } from "../../runtime/random.ts";
import { discrepancies, losses, mean, meanGradient, sum, type Term } from "./formulas.ts";

/** A test on each backend that has kernels of its own for the terms, and on one that has none. */
function test(name: string, body: () => void): void {
  for (const backend of ["cpu", "wasm"] as const) {
    Deno.test(`${name} (${backend})`, async () => {
      await chooseBackend(backend);
      body();
    });
  }
}

const BATCH = 5, OUTPUTS = 4;

/** Rounded to float32, so that both sides see the same numbers. */
function examples(term: Term, seed: number, scale: number): { outputs: number[][]; reference: number[][] } {
  const stream = random(seed, "terms");
  const rows = (draw: () => number) =>
    Array.from({ length: BATCH }, () => Array.from({ length: OUTPUTS }, () => Math.fround(draw())));
  const outputs = rows(() => scale * stream.normal());
  if (term.reference === "outputs") return { outputs, reference: rows(() => scale * stream.normal()) };
  const probabilities = rows(() => stream.uniform());
  if (term.reference === "probabilities") return { outputs, reference: probabilities };
  return { outputs, reference: probabilities.map((row) => row.map((p) => Math.fround(p / sum(row)))) };
}

function valueAndGradient(term: Term, outputs: number[][], reference: number[][], weights?: number[]) {
  return tf.tidy(() => {
    const w = weights && tf.tensor1d(weights), r = tf.tensor2d(reference);
    const { value, grad } = tf.valueAndGrad((u) => term.ours(u, r, w) as tf.Scalar)(tf.tensor2d(outputs));
    return { value: value.dataSync()[0], gradient: [...grad.dataSync()] };
  });
}

function assertClose(actual: number, expected: number, tolerance: number, what: string): void {
  const error = Math.abs(actual - expected) / (1 + Math.abs(expected));
  assert(error <= tolerance, `${what}: ${actual}, expected ${expected} (relative error ${error})`);
}

for (const term of [...discrepancies, ...losses]) {
  test(`${term.name}: value and gradient are the closed form's`, () => {
    for (const [seed, weights] of [[1, undefined], [2, [1, 2, 0.5, 3, 1]], [3, [0, 1, 0, 1, 1]]] as const) {
      const { outputs, reference } = examples(term, seed, 2);
      const { value, gradient } = valueAndGradient(term, outputs, reference, weights && [...weights]);
      const expected = mean(outputs.map((row, i) => term.exact(row, reference[i])), weights);
      assertClose(value, expected, term.tolerance, "value");
      meanGradient(term.exact, outputs, reference, weights).forEach((slope, i) =>
        assertClose(gradient[i], slope, 2e-6 + term.tolerance, `gradient ${i}`)
      );
    }
  });

  test(`${term.name}: right and finite for logits of ±100`, () => {
    const outputs = [[100, -100, 0, 3], [-100, 100, 50, -50], [100, 100, -100, -100]];
    const reference = term.reference === "outputs"
      ? [[-100, 100, 0, 3], [-100, 100, 50, -50], [-100, 100, 100, 100]]
      : [[0, 1, 0, 0], [0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]];
    const { value, gradient } = valueAndGradient(term, outputs, reference);
    assertClose(value, mean(outputs.map((row, i) => term.exact(row, reference[i]))), term.tolerance, "value");
    assert(gradient.every(Number.isFinite), `gradient ${gradient}`);
    meanGradient(term.exact, outputs, reference).forEach((slope, i) =>
      assertClose(gradient[i], slope, 1e-5, `gradient ${i}`)
    );
  });

  test(`${term.name}: masked rows do not count at all`, () => {
    const { outputs, reference } = examples(term, 4, 1);
    const keep = [0, 2, 3], weights = outputs.map((_, i) => keep.includes(i) ? 1 : 0);
    const masked = valueAndGradient(term, outputs, reference, weights);
    const alone = valueAndGradient(term, keep.map((i) => outputs[i]), keep.map((i) => reference[i]));
    assertClose(masked.value, alone.value, 1e-6, "value");
    const rows = (gradient: number[], i: number) => gradient.slice(i * OUTPUTS, (i + 1) * OUTPUTS);
    keep.forEach((i, k) =>
      rows(masked.gradient, i).forEach((g, c) => assertClose(g, rows(alone.gradient, k)[c], 1e-6, `gradient ${i}`))
    );
    assertEquals([...rows(masked.gradient, 1), ...rows(masked.gradient, 4)], Array(2 * OUTPUTS).fill(0));
  });

  test(`${term.name}: weights that are all zero give 0 and no gradient`, () => {
    const { outputs, reference } = examples(term, 5, 1);
    const { value, gradient } = valueAndGradient(term, outputs, reference, Array(BATCH).fill(0));
    assertEquals(value, 0);
    assertEquals(gradient, Array(BATCH * OUTPUTS).fill(0));
  });

  test(`${term.name}: a mask counts the same as float32, int32 and bool`, () => {
    const { outputs, reference } = examples(term, 6, 1);
    const of = (dtype: "float32" | "int32" | "bool") =>
      tf.tidy(() =>
        term.ours(tf.tensor2d(outputs), tf.tensor2d(reference), tf.tensor1d([1, 0, 1, 1, 0], dtype)).dataSync()[0]
      );
    assertGreater(of("float32"), 0);
    assertEquals(of("int32"), of("float32"));
    assertEquals(of("bool"), of("float32"));
  });

  test(`${term.name}: weights [batch, time] weigh the positions of sequences`, () => {
    const { outputs, reference } = examples(term, 7, 1);
    tf.tidy(() => {
      const pad = (rows: number[][]) => tf.tensor3d([rows.slice(0, 3), rows.slice(2, 5)]); // [2, 3, outputs], row 2 twice
      const weights = tf.tensor2d([[1, 1, 0], [1, 0, 2]]);
      const value = term.ours(pad(outputs), pad(reference), weights).dataSync()[0];
      const rows = [0, 1, 2, 4], shares = [1, 1, 1, 2];
      assertClose(value, mean(rows.map((i) => term.exact(outputs[i], reference[i])), shares), term.tolerance, "value");
      // weights [batch] weigh whole sequences, whose positions are summed
      const whole = term.ours(pad(outputs), pad(reference), tf.tensor1d([0, 3])).dataSync()[0];
      assertClose(whole, sum([2, 3, 4].map((i) => term.exact(outputs[i], reference[i]))), 3 * term.tolerance, "whole");
    });
  });
}

for (const term of discrepancies.slice(0, 3)) {
  // In float32 the sum Σ p log(p/q) of such a step is noise: the FSD of a small learning rate would be noise, and negative at times.
  test(`${term.name}: a step of 1e-4 keeps its digits`, () => {
    for (const scale of [0.3, 3]) {
      const { reference } = examples(term, 8, scale);
      const stream = random(8, "steps");
      const outputs = reference.map((row) => row.map((z) => Math.fround(z + 1e-4 * stream.normal())));
      const { value } = valueAndGradient(term, outputs, reference);
      const expected = mean(outputs.map((row, i) => term.exact(row, reference[i])));
      assertGreater(expected, 1e-10);
      assertLess(expected, 1e-7);
      assertAlmostEquals(value, expected, 0.02 * expected);
    }
  });
}

test("kl: the naive sum in float32 would fail the test of small steps", () => {
  const term = discrepancies[0], { reference } = examples(term, 8, 3);
  const stream = random(8, "steps");
  const outputs = reference.map((row) => row.map((z) => Math.fround(z + 1e-4 * stream.normal())));
  const expected = mean(outputs.map((row, i) => term.exact(row, reference[i])));
  const naive = tf.tidy(() => {
    const logP = tf.logSoftmax(tf.tensor2d(reference)), logQ = tf.logSoftmax(tf.tensor2d(outputs));
    return tf.div(tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ))), BATCH).dataSync()[0];
  });
  assertGreater(Math.abs(naive - expected), 0.2 * expected);
});

test("kl: the quadratic form of the Fisher matrix, ½ δᵀ(diag p − ppᵀ)δ, for small steps", () => {
  const logits = [0.5, -1, 2, 0], change = [3e-3, -2e-3, 1e-3, -1e-3];
  const p = logits.map((z) => Math.exp(z) / sum(logits.map(Math.exp)));
  const quadratic = 0.5 * (sum(p.map((q, i) => q * change[i] ** 2)) - sum(p.map((q, i) => q * change[i])) ** 2);
  const value = tf.tidy(() => {
    const reference = tf.tensor2d([logits]);
    return kl(tf.add(reference, tf.tensor2d([change])), reference).dataSync()[0];
  });
  assertAlmostEquals(value, quadratic, 0.01 * quadratic);
});

test("kl: a shift of all logits is no change", () => {
  const shifted = tf.tidy(() => {
    const reference = tf.tensor2d([[1, -2, 0.5]]);
    return kl(tf.add(reference, 4), reference).dataSync()[0];
  });
  assertLess(shifted, 1e-12);
});

test("crossEntropy takes class numbers and probabilities alike", () => {
  tf.tidy(() => {
    const outputs = tf.tensor2d([[1, 2, -1], [0, 0, 3]]);
    const numbers = crossEntropy(outputs, tf.tensor1d([1, 0], "int32"));
    const probabilities = crossEntropy(outputs, tf.tensor2d([[0, 1, 0], [1, 0, 0]]));
    assertEquals(numbers.dataSync(), probabilities.dataSync());
    const sequence = crossEntropy(
      tf.reshape(outputs, [1, 2, 3]),
      tf.tensor2d([[1, 0]], [1, 2], "int32"),
      tf.ones([1, 2]),
    );
    assertAlmostEquals(sequence.dataSync()[0], numbers.dataSync()[0], 1e-6);
  });
});

test("squaredError of outputs of any rank: the mean over the first axis, the sum over the rest", () => {
  tf.tidy(() => assertEquals(squaredError(tf.ones([2, 3, 4]), tf.zeros([2, 3, 4])).dataSync()[0], 6));
});

test("the terms leave no tensors behind", () => {
  for (const term of [...discrepancies, ...losses]) {
    const { outputs, reference } = examples(term, 9, 1);
    const arguments_: [Tensor, Tensor, Tensor] = [tf.tensor2d(outputs), tf.tensor2d(reference), tf.ones([BATCH])];
    const before = tf.memory().numTensors;
    const value = term.ours(...arguments_);
    assertEquals(tf.memory().numTensors, before + 1, term.name);
    value.dispose();
    tf.dispose(arguments_);
  }
});
