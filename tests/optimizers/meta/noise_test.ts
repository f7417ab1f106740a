/** How noise is measured, and what follows from it. */
import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { chooseBackend } from "../../../runtime/backend.ts";
import * as tf from "@tensorflow/tfjs";
import { inference } from "../../../models/mode.ts";
import { mlp } from "../../../models/networks.ts";
import { cautionAgainst } from "../../../optimizers/meta/caution.ts";
import { decayedByNoise, measured, type Noise, noNoise } from "../../../optimizers/meta/noise.ts";
import { metaObjective } from "../../../optimizers/meta_objective.ts";
import { scalarRate } from "../../../optimizers/parameterizations/log_rates.ts";
import type { Batch, Problem } from "../../../proximal/problem.ts";
import { squaredError } from "../../../proximal/squared_error.ts";
import { mapTensors } from "../../../runtime/tree.ts";
import { rows } from "../../../tasks/data/rows.ts";

await chooseBackend("cpu");

for (const [share, level] of [[1, 0], [0.5, 0.75 ** 4], [0, 1]]) {
  Deno.test(`decayedByNoise: ${level.toPrecision(2)} of a decay acts where ${share} of the progress carries over`, () => {
    const factor = (decay: number) => decayedByNoise({ carriedOver: tf.scalar(share) }, tf.scalar(decay)).dataSync()[0];
    assertAlmostEquals(factor(0), 1 - level, 1e-6);
    assertAlmostEquals(factor(0.3), 1 - level * 0.7, 1e-6);
    assertEquals(factor(1), 1);
  });
}

Deno.test("cautionAgainst: a power of the share, up to a bound", () => {
  const caution = (share: number, power = 3) =>
    cautionAgainst({ carriedOver: tf.scalar(share) }, { power, most: 100 }).dataSync()[0];
  assertAlmostEquals(caution(1), 1, 1e-6);
  assertAlmostEquals(caution(0.5), 8, 1e-5);
  assertEquals([caution(0.1), caution(0), caution(0, 8)], [100, 100, 100]);
});

/** y = wx from w = 2, all targets 0: J = ½ w² x̄²; on B x = 1, g = 2; w′ = 2 − 2 rate. B′ has these rows. */
function line(elsewhere: Batch, { rate = 0.25, before = noNoise() }: { rate?: number; before?: Noise } = {}) {
  const problem: Problem = { model: mlp([1, 1]), loss: squaredError, discrepancy: squaredError };
  const [weight, bias] = Object.keys(problem.model.leaves);
  const params = { [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) };
  const gradient = { [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) };
  const point = { params, buffers: {}, direction: gradient, batch: one(1), metaBatch: elsewhere, mode: inference };
  const setting = { problem, parameterization: scalarRate(), lambdas: { lambdaFsd: 1, lambdaWsd: 0 } };
  return tf.tidy(() => {
    const objective = metaObjective(setting, { rate: tf.scalar(Math.log(rate)) }, point);
    const noise = measured(before, problem, point, objective, { loss: tf.scalar(2), gradient });
    return mapTensors(noise, (x) => tf.keep(x)) as Noise;
  });
}
const one = (x: number): Batch => rows({ inputs: [[x]], targets: [[0]] }).batch([0]);
const number = (x: tf.Tensor): number => x.dataSync()[0];

Deno.test("measured: a line's progress, by hand", () => {
  const { gap, progress, size, carriedOver } = line(one(0.5));
  const gained = 2 - 1.5 ** 2 / 2, elsewhere = (2 ** 2 - 1.5 ** 2) / 8, promised = 0.25 * 2 * 2;
  assertAlmostEquals(number(size), promised, 1e-6);
  assertAlmostEquals(number(gap), 0.05 * (gained - elsewhere), 1e-6);
  assertAlmostEquals(number(progress), 0.05 * (gained + promised) / 2, 1e-6);
  assertAlmostEquals(number(carriedOver), 1 - (gained - elsewhere) / ((gained + promised) / 2), 1e-5);
});

Deno.test("measured: rows of B′ that are masked do not count", () => {
  const masked = {
    inputs: { x: tf.tensor2d([[0.5], [3]]) },
    targets: tf.tensor2d([[0], [7]]),
    weights: tf.tensor1d([1, 0]),
  };
  assertAlmostEquals(number(line(masked).carriedOver), number(line(one(0.5)).carriedOver), 1e-6);
});

Deno.test("measured: overshooting alike on B and on B′ is no noise", () => {
  assertEquals(number(line(one(1), { rate: 3 }).carriedOver), 1);
  assertLess(number(line(one(0.1), { rate: 0.5 }).carriedOver), 0.2);
});

Deno.test("measured: a time of far larger losses is forgotten in time", () => {
  const large = { gap: tf.scalar(0), progress: tf.scalar(1e6), size: tf.scalar(1e6), carriedOver: tf.scalar(1) };
  let noise: Noise = large;
  for (let i = 0; i < 250; i++) noise = line(one(0.5), { before: noise });
  assertAlmostEquals(number(noise.carriedOver), number(line(one(0.5)).carriedOver), 0.02);
});
