/** What holds for every input: discrepancies are ≥ 0, 0 at equality and convex in u. */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { bregman, type Discrepancy, type Generator, weightNorm } from "../../proximal/mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { discrepancies } from "./formulas.ts";

await chooseBackend("cpu");

const RUNS = { numRuns: 100, seed: 20240607 };
const SHAPE: [number, number] = [2, 3];
const outputs = (largest: number) =>
  fc.array(fc.float({ min: Math.fround(-largest), max: Math.fround(largest), noNaN: true }), {
    minLength: 6,
    maxLength: 6,
  });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

const valueOf = (discrepancy: Discrepancy, u: number[], reference: number[]): number =>
  tf.tidy(() => discrepancy(tf.tensor2d(u, SHAPE), tf.tensor2d(reference, SHAPE)).dataSync()[0]);
const between = (a: number[], b: number[], t: number): number[] => a.map((x, i) => (1 - t) * x + t * b[i]);

const builtIn = discrepancies.slice(0, 3), throughGenerators = discrepancies.slice(3);

for (const { name, ours } of builtIn) {
  Deno.test(`${name} is never negative and exactly 0 at equality`, () => {
    fc.assert(
      fc.property(outputs(100), outputs(100), (u, reference) => {
        assertGreaterOrEqual(valueOf(ours, u, reference), 0);
        assertEquals(valueOf(ours, u, u), 0);
      }),
      RUNS,
    );
  });

  Deno.test(`${name} is never negative for steps of any size`, () => {
    const exponent = fc.integer({ min: -9, max: 2 });
    fc.assert(
      fc.property(outputs(5), outputs(1), exponent, (u, change, power) => {
        const reference = u.map((x, i) => x + change[i] * 10 ** power);
        assertGreaterOrEqual(valueOf(ours, u, reference), 0);
      }),
      RUNS,
    );
  });
}

// Generators without a closed form in the library: Σ cosh, a quartic, a smooth maximum of each example.
const generators: Readonly<Record<string, Generator>> = {
  cosh: (x) => tf.cosh(x),
  quartic: (x) => tf.pow(x, 4),
  "log Σ cosh": (x) => tf.log(tf.sum(tf.cosh(x), -1)),
};
const others = Object.entries(generators).map(([name, generator]) => ({
  name: `bregman(${name})`,
  ours: bregman(generator),
}));

for (const { name, ours } of [...throughGenerators, ...others]) {
  Deno.test(`${name} is not negative beyond rounding, and 0 at equality`, () => {
    fc.assert(
      fc.property(outputs(5), outputs(5), (u, reference) => {
        // what is subtracted is up to 4·5³·10 an output for the quartic
        assertGreaterOrEqual(valueOf(ours, u, reference), -1e-6 * 10_000);
        assertEquals(valueOf(ours, u, u), 0);
      }),
      RUNS,
    );
  });
}

for (const { name, ours } of [...discrepancies, ...others]) {
  Deno.test(`${name} is convex in u along lines`, () => {
    fc.assert(
      fc.property(outputs(4), outputs(4), outputs(4), fraction, (a, b, reference, t) => {
        const chord = (1 - t) * valueOf(ours, a, reference) + t * valueOf(ours, b, reference);
        const middle = valueOf(ours, between(a, b, t), reference);
        assert(
          middle <= chord + 1e-5 * (1 + Math.abs(chord)) + 1e-3 * Number(name.includes("quartic")),
          `${middle} > ${chord}`,
        );
      }),
      RUNS,
    );
  });
}

Deno.test("a generator that is not convex is caught by the convexity test's inequality", () => {
  const concave = bregman((x) => tf.neg(tf.square(x)));
  const [a, b, reference] = [Array(6).fill(-1), Array(6).fill(1), Array(6).fill(0)];
  const chord = 0.5 * valueOf(concave, a, reference) + 0.5 * valueOf(concave, b, reference);
  assert(valueOf(concave, between(a, b, 0.5), reference) > chord + 1);
});

Deno.test("weightNorm: the closed form, block weights, 0 at equality, convex along lines", () => {
  const value = (u: number[], theta: number[], weights?: Record<string, number>) =>
    tf.tidy(() => {
      const split = (x: number[]) => ({
        "dense1/kernel": tf.tensor2d(x.slice(0, 4), [2, 2]),
        "dense1/bias": tf.tensor1d(x.slice(4)),
      });
      return weightNorm(split(u), split(theta), weights).dataSync()[0];
    });
  const half = (x: number[], y: number[]) => 0.5 * x.reduce((total, a, i) => total + (a - y[i]) ** 2, 0);
  fc.assert(
    fc.property(outputs(4), outputs(4), outputs(4), fraction, (a, b, theta, t) => {
      const expected = half(a, theta);
      assert(Math.abs(value(a, theta) - expected) <= 2e-6 * (1 + expected));
      const weighted = 3 * half(a.slice(0, 4), theta.slice(0, 4)) + half(a.slice(4), theta.slice(4));
      assert(Math.abs(value(a, theta, { "dense1/kernel": 3 }) - weighted) <= 2e-6 * (1 + weighted));
      const muted = half(a.slice(0, 4), theta.slice(0, 4));
      assert(Math.abs(value(a, theta, { "dense1/bias": 0 }) - muted) <= 2e-6 * (1 + muted));
      assertEquals(value(a, a), 0);
      const chord = (1 - t) * value(a, theta) + t * value(b, theta);
      assert(value(between(a, b, t), theta) <= chord + 1e-5 * (1 + chord));
    }),
    RUNS,
  );
});
