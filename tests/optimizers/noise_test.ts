/** Schedules that hold as far as gradients are noise. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { inference } from "../../models/mode.ts";
import { mlp } from "../../models/networks.ts";
import { amortize, type AmortizeOptions } from "../../optimizers/amortizer.ts";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { gradient } from "../../optimizers/directions/gradient.ts";
import { cautionAgainst, measured, noiseLevel, noNoise } from "../../optimizers/meta/noise.ts";
import { metaObjective } from "../../optimizers/meta_objective.ts";
import { scalarRate } from "../../optimizers/parameterizations/log_rates.ts";
import { linearDecay } from "../../optimizers/schedules.ts";
import { crossEntropy } from "../../proximal/cross_entropy.ts";
import { kl } from "../../proximal/kl.ts";
import type { Problem } from "../../proximal/problem.ts";
import { squaredError } from "../../proximal/squared_error.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { rows } from "../../tasks/data/rows.ts";

await chooseBackend("cpu");

for (const [share, level] of [[1, 0], [0.5, 0.75 ** 4], [0, 1], [-3, 1], [1.5, 0]]) {
  Deno.test(`noiseLevel: ${level.toPrecision(2)} where ${share} of the progress carries over`, () => {
    const noise = { gap: tf.scalar(2 * (1 - share)), progress: tf.scalar(2) };
    assertAlmostEquals(noiseLevel(noise).dataSync()[0], level, 1e-6);
  });
}

Deno.test("noiseLevel: without progress, and before there is a measurement, a schedule holds in full", () => {
  for (const [gap, progress] of [[0, 0], [-1, -1], [1, -1]]) {
    assertEquals(noiseLevel({ gap: tf.scalar(gap), progress: tf.scalar(progress) }).dataSync()[0], 1);
  }
});

Deno.test("cautionAgainst: a power of the share, up to a bound, and 1 before there is a measurement", () => {
  const caution = (gap: number, progress: number) =>
    cautionAgainst({ gap: tf.scalar(gap), progress: tf.scalar(progress) }, { power: 3, most: 100 }).dataSync()[0];
  assertAlmostEquals(caution(0, 2), 1, 1e-6);
  assertAlmostEquals(caution(1, 2), 8, 1e-5);
  assertAlmostEquals(caution(1.8, 2), 100, 1e-3);
  assertAlmostEquals(caution(1, -1), 100, 1e-3);
  assertEquals(caution(0, 0), 1);
});

Deno.test("caution: the second meta step has λ_FSD over the power of the share that the first one measured", async () => {
  const all = Array.from({ length: 6 }, (_, i) => i), meta = { early: 2, every: 1000, search: false };
  const mixed = () => rows({ inputs: [...inputs, ...inputs], labels: [0, 1, 1, 0, 1, 0] }).batch(all);
  const { noise } = await rates(mixed, { decayByNoise: 1, meta });
  const share = Math.sqrt(1 - noise[0] ** 0.25);
  assert(share > 0.45 && share < 0.95, `${share}`);
  const { rates: powered } = await rates(mixed, {
    objective: { lambdaFsd: 0.2, caution: { power: 3, most: 100 } },
    meta,
  });
  const lambda = (step: tf.Tensor) => tf.where(tf.less(step, 0.5), tf.scalar(0.2), tf.scalar(0.2 * share ** -3));
  const { rates: given } = await rates(mixed, { objective: { lambdaFsd: lambda }, meta });
  for (const [i, rate] of powered.entries()) assertAlmostEquals(rate / given[i], 1, 1e-5);
});

Deno.test("measured: a line's progress, by hand", () => {
  // y = wx from w = 2, all targets 0: J = ½ w² x̄²; on B x = 1, on B′ x = 0.5; g = 2; w′ = 2 − 0.25 · 2 = 1.5
  const problem: Problem = { model: mlp([1, 1]), loss: squaredError, discrepancy: squaredError };
  const [weight, bias] = Object.keys(problem.model.leaves);
  const params = { [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) };
  const g = { [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) };
  const one = (x: number) => rows({ inputs: [[x]], targets: [[0]] }).batch([0]);
  const point = { params, buffers: {}, direction: g, batch: one(1), metaBatch: one(0.5), mode: inference };
  const setting = { problem, parameterization: scalarRate(), lambdas: { lambdaFsd: 1, lambdaWsd: 0 } };
  tf.tidy(() => {
    const objective = metaObjective(setting, { rate: tf.scalar(Math.log(0.25)) }, point);
    const noise = measured(noNoise(), problem, point, objective, { loss: tf.scalar(2), gradient: g });
    const gained = 2 - 1.5 ** 2 / 2, elsewhere = (2 ** 2 - 1.5 ** 2) / 8, promised = 0.25 * 2 * 2;
    assertAlmostEquals(noise.gap.dataSync()[0], 0.05 * (gained - elsewhere), 1e-6);
    assertAlmostEquals(noise.progress.dataSync()[0], 0.05 * (gained + promised) / 2, 1e-6);
  });
});

const problem: Problem = { model: mlp([2, 3, 2]), loss: crossEntropy, discrepancy: kl };
const inputs = [[0, 1], [1, 0], [1, 1]];
const batch = () => rows({ inputs, labels: [0, 1, 1] }).batch([0, 1, 2]);
const opposite = () => rows({ inputs, labels: [1, 0, 0] }).batch([0, 1, 2]);

/** The rates of 12 steps. */
async function rates(metaBatch: typeof batch, options: Partial<AmortizeOptions<Record<never, never>>> = {}) {
  const optimizer = amortize({
    problem,
    direction: gradient(),
    parameterization: scalarRate({ learningRate: 0.1 }),
    meta: { early: 2, every: 3, search: false },
    ...options,
  });
  const { params, buffers } = problem.model.init(1), all: number[] = [], noise: number[] = [];
  let carry = optimizer.init(params, buffers);
  for (let step = 0; step < 12; step++) {
    const result = optimizer.step(carry, { batch: batch(), metaBatch }, { step, seed: 0 });
    carry = result.carry;
    noise.push(result.metrics.noise?.dataSync()[0] ?? NaN);
    all.push((await optimizer.learned!(carry)).rate);
  }
  return { rates: all, noise };
}

const schedule = linearDecay({ initial: 1, steps: 12 });

Deno.test("decayByNoise: where B′ is B, the schedule does not act at all", async () => {
  const { rates: with_, noise } = await rates(batch, { decayByNoise: schedule }),
    { rates: without } = await rates(batch);
  assertEquals(noise, Array(12).fill(0));
  with_.forEach((rate, i) => assertAlmostEquals(rate / without[i], 1, 1e-6));
});

Deno.test("decayByNoise: where labels of B′ are the opposite, it soon holds in full", async () => {
  const { rates: by, noise } = await rates(opposite, { decayByNoise: schedule });
  const { rates: full } = await rates(opposite, { schedule });
  assert(noise.every((level) => level > 0.85), `${noise}`);
  assertEquals(noise.slice(-3), [1, 1, 1]);
  by.slice(-3).forEach((rate, i) => assertAlmostEquals(rate / full.slice(-3)[i], 1, 0.05)); // θ differs a little
});

Deno.test("decayByNoise: half way between, the factor is 1 − w(1 − s)", async () => {
  const factor = 0.25,
    mixed = () => rows({ inputs, labels: [0, 1, 0] }).batch([0, 1, 2]),
    once = { every: 1000, early: 1, search: false };
  const { rates: [by], noise: [w] } = await rates(mixed, { decayByNoise: factor, meta: once });
  const { rates: [without] } = await rates(mixed, { meta: once });
  assert(w > 0.05 && w < 0.95, `${w}`);
  assertAlmostEquals(by / without, 1 - w * (1 - factor), 1e-5);
});

Deno.test("decayByNoise: what it cannot be used with is said", () => {
  assertThrows(
    () =>
      amortize({
        problem,
        direction: gradient(),
        parameterization: scalarRate(),
        objective: { lossOn: "metaBatch" },
        decayByNoise: 0.5,
      }),
    UserError,
    "decayByNoise",
  );
  assertThrows(
    () =>
      amortize({
        ...{ problem, direction: gradient(), parameterization: scalarRate() },
        objective: { lossOn: "metaBatch", caution: { power: 2, most: 10 } },
      }),
    UserError,
    "caution",
  );
  for (const name of ["adam", "apo-kfac"]) {
    assertThrows(
      () => catalogued(name).build(problem, { steps: 10, learningRate: 0.1, schedule: "by-noise" }),
      UserError,
      "--schedule=by-noise",
    );
  }
});
