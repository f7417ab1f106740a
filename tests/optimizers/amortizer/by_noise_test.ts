/** Schedules and λ_FSD that depend on noise. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { gaussian, softmax } from "../../../proximal/mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import * as tf from "@tensorflow/tfjs";
import { mlp } from "../../../models/networks/networks.ts";
import { amortize, type AmortizeOptions } from "../../../optimizers/amortizer/amortize.ts";
import { muon } from "../../../optimizers/directions/muon.ts";
import { learnedWarmUpSteps } from "../../../optimizers/catalogue/by_noise.ts";
import { catalogued } from "../../../optimizers/catalogue/catalogue.ts";
import { adam } from "../../../optimizers/directions/adam.ts";
import { chain } from "../../../optimizers/directions/chain.ts";
import { clipByGlobalNorm } from "../../../optimizers/directions/clip.ts";
import type { Direction } from "../../../optimizers/directions/direction.ts";
import { gradient } from "../../../optimizers/directions/gradient.ts";
import { momentum } from "../../../optimizers/directions/momentum.ts";
import type { Caution } from "../../../optimizers/amortizer/caution.ts";
import { asFarAsNoise } from "../../../optimizers/amortizer/decay_by_noise.ts";
import type { Carry, Optimizer } from "../../../optimizers/optimizer.ts";
import { scalarRate } from "../../../optimizers/parameterizations/log_rates.ts";
import { linearDecay, warmUp } from "../../../optimizers/schedules.ts";
import type { Batch, Problem } from "../../../proximal/problem.ts";
import { UserError } from "../../../runtime/errors.ts";
import { rows } from "../../../data/rows.ts";

await chooseBackend("cpu");

const one = (x: number): Batch => rows({ inputs: [[x]], targets: [[0]] }).batch([0]);
const number = (x: tf.Tensor): number => x.dataSync()[0];

const problem: Problem = { model: mlp([2, 3, 2]), output: softmax() };
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
  const decayed = asFarAsNoise(options.direction?.noiseLevel);
  let carry = optimizer.init(params, buffers);
  for (let step = 0; step < 12; step++) {
    const result = optimizer.step(carry, { batch: batch(), metaBatch }, { step, seed: 0 });
    carry = result.carry;
    const { carriedOver } = result.metrics;
    noise.push(carriedOver ? 1 - number(decayed({ carriedOver }, tf.scalar(0))) : NaN);
    all.push((await optimizer.learned!(carry)).rate);
  }
  return { rates: all, noise };
}

const schedule = linearDecay({ initial: 1, steps: 12 });

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

Deno.test("decayByNoise: a lookahead that overflows leaves what was measured", () => {
  const problem: Problem = { model: mlp([1, 1]), output: gaussian() };
  const meta = { early: 5, search: false };
  const optimizer = amortize({
    ...{ problem, direction: gradient(), parameterization: scalarRate({ learningRate: 0.1 }), meta },
    decayByNoise: schedule,
  });
  const { params, buffers } = problem.model.init(1);
  const step = (carry: ReturnType<typeof optimizer.init>, x: number, at: number) => {
    const batch = rows({ inputs: [[x]], targets: [[1]] }).batch([0]);
    return optimizer.step(carry, { batch, metaBatch: () => one(1e30) }, { step: at, seed: 0 });
  };
  const fresh = optimizer.init(params, buffers);
  const { carry, metrics } = step(fresh, 1, 0);
  assertEquals(number(metrics.carriedOver), 1);
  assertEquals(number(carry.state.rule.learner.noise!.size), 0);
});

Deno.test("meta steps that are repeated measure noise once", async () => {
  const mixed = () => rows({ inputs, labels: [0, 1, 0] }).batch([0, 1, 2]),
    meta = { every: 1000, early: 1, search: false };
  const [once, thrice] = await Promise.all(
    [1, 3].map((steps) => rates(mixed, { decayByNoise: 1, meta: { ...meta, steps } })),
  );
  assertEquals(once.noise[0], thrice.noise[0]);
});

interface OnCommandLine {
  readonly base: string;
  readonly direction: unknown;
  readonly lambdaFsd: number;
  readonly caution: Caution;
  /** One that ends at another rate. */
  readonly otherwise?: Partial<AmortizeOptions<Record<never, never>>>;
  readonly warmsUp?: boolean;
}
const usual = { lambdaFsd: 0.05 / (1 - 0.9), warmsUp: true };
const onCommandLine: readonly OnCommandLine[] = [
  {
    ...{ ...usual, base: "momentum", direction: momentum(), caution: { power: 1, most: 7, remaining: 0.45 } },
    otherwise: { objective: { lambdaFsd: usual.lambdaFsd, caution: { power: 1, most: 7 } } },
  },
  // where Adam has lost most of the loss here, the noise is over
  { ...usual, base: "adam", direction: adam(), caution: { power: 1, most: 15, remaining: 0.45 } },
  {
    ...{ base: "muon", direction: muon(), lambdaFsd: 0.4, caution: { power: 4, most: 30 } },
    otherwise: { direction: { ...muon(), noiseLevel: [2, 4] } as Direction as Direction<Record<never, never>> },
  },
];
for (const { base, direction, lambdaFsd, caution, otherwise, warmsUp } of onCommandLine) {
  Deno.test(`by-noise on the command line: ${warmsUp ? "" : "no "}warm-up, decay and caution of ${base}`, async () => {
    const steps = 60, settings = { steps, learningRate: 0.1, every: 1 }, entry = catalogued(`apo-${base}`);
    assertEquals(entry.complete(settings).lambdaFsd, lambdaFsd);
    const byHand = (changes: OnCommandLine["otherwise"] = {}) =>
      amortize({
        problem,
        direction: direction as Direction<Record<never, never>>,
        parameterization: scalarRate({ learningRate: 0.1 }),
        objective: { lambdaFsd, caution },
        meta: { every: 1 },
        ...warmsUp && { schedule: warmUp(20, 1) },
        decayByNoise: linearDecay({ initial: 1, steps }),
        ...changes,
      });
    const optimizers = [entry.build(problem, settings), byHand(), byHand(otherwise)] as Optimizer[];
    const ends = await Promise.all(optimizers.map(async (optimizer) => {
      const { params, buffers } = problem.model.init(1), rates: number[] = [];
      let carry: Carry = optimizer.init(params, buffers);
      for (let step = 0; step < steps; step++) {
        carry = optimizer.step(carry, { batch: batch(), metaBatch: opposite }, { step, seed: 0 }).carry;
        rates.push((await optimizer.learned!(carry)).rate);
      }
      return rates;
    }));
    assertEquals(ends[0], ends[1]);
    if (otherwise) assertNotEquals(ends[1], ends[2]);
  });
}

Deno.test("learned rates are warmed up for a tenth of the run, but for 20 steps at least, or half of a shorter run", () => {
  const expected = [[1, 1], [10, 5], [30, 15], [40, 20], [150, 20], [200, 20], [201, 21], [1500, 150]];
  for (const [steps, warmUp] of expected) assertEquals(learnedWarmUpSteps(steps), warmUp);
});

Deno.test("Muon's discrepancy: its own unless λ_FSD is given, both or neither; its noise level in any case; also behind clipping", async () => {
  const { discrepancy, noiseLevel } = chain(clipByGlobalNorm(1), muon());
  assertEquals(noiseLevel, [4, 2]);
  assertEquals(discrepancy, { lambdaFsd: 0.4, caution: { power: 4, most: 30 } });
  const usualLevel = { ...muon(), noiseLevel: undefined } as unknown as Direction<Record<never, never>>;
  const decaying = { objective: { lambdaFsd: 3 }, decayByNoise: 0.25, meta: { early: 1, every: 1000, search: false } };
  const measures = (objective: AmortizeOptions<Record<never, never>>["objective"]) => {
    const optimizer = amortize({ problem, direction: muon(), parameterization: scalarRate(), objective });
    const { params, buffers } = problem.model.init(1);
    return optimizer.init(params, buffers).state.rule.learner.noise !== undefined;
  };
  assertEquals([measures({}), measures({ lambdaFsd: 30 })], [true, false]);
  const { rates: own, noise } = await rates(opposite, {
    ...decaying,
    direction: muon() as unknown as typeof usualLevel,
  });
  const { rates: other } = await rates(opposite, { ...decaying, direction: usualLevel });
  const { rates: without } = await rates(opposite, { ...decaying, direction: usualLevel, decayByNoise: 1 });
  assertAlmostEquals(own[0] / without[0], 1 - noise[0] * 0.75, 1e-5);
  assertNotEquals(own[0], other[0]);
  assertEquals(measures({ lambdaFsd: 30, lossOn: "metaBatch" }), false);
  assertThrows(() => measures({ lossOn: "metaBatch" }), UserError, "give objective.lambdaFsd");
});

for (
  const [caution, says] of [[{ power: -1, most: 7 }, "objective.caution.power"], [
    { power: 1, most: 0.5 },
    "objective.caution.most",
  ]] as const
) {
  Deno.test(`caution: ${says} that cannot be is refused`, () => {
    const rule = { problem, direction: gradient(), parameterization: scalarRate() };
    assertThrows(() => amortize({ ...rule, objective: { caution } }), UserError, says);
  });
}

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
      "by-noise",
    );
  }
});
