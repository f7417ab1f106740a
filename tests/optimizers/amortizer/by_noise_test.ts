/** Schedules and λ_FSD that depend on noise. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { gaussian, softmax } from "../../../proximal/mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import * as tf from "@tensorflow/tfjs";
import { mlp } from "../../../models/networks/networks.ts";
import { amortize } from "../../../optimizers/amortizer/amortize.ts";
import type { AmortizeOptions } from "../../../optimizers/amortizer/amortize_options.ts";
import { muon } from "../../../optimizers/directions/muon.ts";
import { byNoise, type ByNoiseOptions, learnedWarmUpSteps } from "../../../optimizers/amortizer/regimes/by_noise.ts";
import { plain } from "../../../optimizers/amortizer/regimes/plain.ts";
import type { Regime } from "../../../optimizers/amortizer/regime.ts";
import { recommendedRegime } from "../../../optimizers/catalogue/recommended.ts";
import { catalogued } from "../../../optimizers/catalogue/catalogue.ts";
import { adam } from "../../../optimizers/directions/adam.ts";
import type { Direction } from "../../../optimizers/directions/direction.ts";
import { gradient } from "../../../optimizers/directions/gradient.ts";
import { momentum } from "../../../optimizers/directions/momentum.ts";
import { LAMBDA_FSD } from "../../../optimizers/tuned.ts";
import type { Caution } from "../../../optimizers/amortizer/regimes/caution.ts";
import { elementwise } from "../../../runtime/elementwise/elementwise.ts";
import { asFarAsNoise, type NoiseLevel } from "../../../optimizers/amortizer/regimes/decay_by_noise.ts";
import { type Noise, noNoise } from "../../../optimizers/amortizer/regimes/noise.ts";
import type { Carry, Optimizer } from "../../../optimizers/optimizer.ts";
import { scalarRate } from "../../../optimizers/parameterizations/log_rates.ts";
import { linearDecay, type Scheduled, warmUp } from "../../../optimizers/schedules.ts";
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
  const level = asFarAsNoise([2, 4], "level"), decayed = elementwise(({ s, f }) => ({ factor: level(s, f) }));
  let carry = optimizer.init(params, buffers);
  for (let step = 0; step < 12; step++) {
    const result = optimizer.step(carry, { batch: batch(), metaBatch }, { step, seed: 0 });
    carry = result.carry;
    const { carriedOver } = result.metrics;
    noise.push(carriedOver ? 1 - number(decayed({ s: carriedOver, f: { x: tf.scalar(0) } }).factor.x) : NaN);
    all.push((await optimizer.learned!(carry)).rate);
  }
  return { rates: all, noise };
}

const schedule = linearDecay({ initial: 1, steps: 12 });

/** A decay by noise, and no other effect of it. */
const decaying = (decay: Scheduled): Regime =>
  byNoise({ ...{ steps: 12, lambdaFsd: 0.15, hover: Infinity }, schedule: 1, decay });

Deno.test("caution: the second meta step has λ_FSD over the power of the share that the first one measured", async () => {
  const all = Array.from({ length: 6 }, (_, i) => i), meta = { early: 2, every: 1000, search: false };
  const mixed = () => rows({ inputs: [...inputs, ...inputs], labels: [0, 1, 1, 0, 1, 0] }).batch(all);
  const { noise } = await rates(mixed, { regime: decaying(1), meta });
  const share = Math.sqrt(1 - noise[0] ** 0.25);
  assert(share > 0.45 && share < 0.95, `${share}`);
  const { rates: powered } = await rates(mixed, {
    regime: byNoise({
      steps: 12,
      schedule: 1,
      decay: 1,
      hover: Infinity,
      lambdaFsd: 0.2,
      caution: { power: 3, most: 100 },
    }),
    meta,
  });
  const lambda = (step: tf.Tensor) => tf.where(tf.less(step, 0.5), tf.scalar(0.2), tf.scalar(0.2 * share ** -3));
  const { rates: given } = await rates(mixed, { regime: plain({ lambdaFsd: lambda }), meta });
  for (const [i, rate] of powered.entries()) assertAlmostEquals(rate / given[i], 1, 1e-5);
});

Deno.test("byNoise: where B′ is B, the schedule does not act at all", async () => {
  const { rates: with_, noise } = await rates(batch, { regime: decaying(schedule) }),
    { rates: without } = await rates(batch);
  assertEquals(noise, Array(12).fill(0));
  with_.forEach((rate, i) => assertAlmostEquals(rate / without[i], 1, 1e-6));
});

Deno.test("byNoise: where labels of B′ are the opposite, it soon holds in full", async () => {
  const { rates: by, noise } = await rates(opposite, { regime: decaying(schedule) });
  const { rates: full } = await rates(opposite, { regime: plain({ schedule }) });
  assert(noise.every((level) => level > 0.85), `${noise}`);
  assertEquals(noise.slice(-3), [1, 1, 1]);
  by.slice(-3).forEach((rate, i) => assertAlmostEquals(rate / full.slice(-3)[i], 1, 0.05)); // θ differs a little
});

Deno.test("byNoise: a decay may begin above 1; the bound on the effect of noise then counts the steps that are made", () => {
  const { factor } = byNoise({ steps: 16, schedule: 1, decay: 2, hover: 1 }); // the bound on the gap is 4 · 2/√16 = 2
  const at = (gap: number, carriedOver: number): number => {
    const noise = { ...noNoise(), gap: tf.scalar(gap), unit: tf.scalar(2), carriedOver: tf.scalar(carriedOver) };
    return number(factor!(noise, tf.scalar(5), 0));
  };
  assertEquals([at(0.5, 1), at(0.5, 0)], [1, 2]); // no noise, and nothing else
  assertEquals([at(1, 0), at(2, 0), at(4, 0), at(4, 1)], [2, 1, 0.5, 0.5]);
});

Deno.test("byNoise: half way between, the factor is 1 − w(1 − s)", async () => {
  const factor = 0.25,
    mixed = () => rows({ inputs, labels: [0, 1, 0] }).batch([0, 1, 2]),
    once = { every: 1000, early: 1, search: false };
  const { rates: [by], noise: [w] } = await rates(mixed, { regime: decaying(factor), meta: once });
  const { rates: [without] } = await rates(mixed, { meta: once });
  assert(w > 0.05 && w < 0.95, `${w}`);
  assertAlmostEquals(by / without, 1 - w * (1 - factor), 1e-5);
});

Deno.test("byNoise: a lookahead that overflows leaves what was measured", () => {
  const problem: Problem = { model: mlp([1, 1]), output: gaussian() };
  const meta = { early: 5, search: false };
  const optimizer = amortize({
    ...{ problem, direction: gradient(), parameterization: scalarRate({ learningRate: 0.1 }), meta },
    regime: decaying(schedule),
  });
  const { params, buffers } = problem.model.init(1);
  const step = (carry: ReturnType<typeof optimizer.init>, x: number, at: number) => {
    const batch = rows({ inputs: [[x]], targets: [[1]] }).batch([0]);
    return optimizer.step(carry, { batch, metaBatch: () => one(1e30) }, { step: at, seed: 0 });
  };
  const fresh = optimizer.init(params, buffers);
  const { carry, metrics } = step(fresh, 1, 0);
  assertEquals(number(metrics.carriedOver), 1);
  assertEquals(number((carry.state.rule.learner.regime as Noise).size), 0);
});

Deno.test("meta steps that are repeated measure noise once", async () => {
  const mixed = () => rows({ inputs, labels: [0, 1, 0] }).batch([0, 1, 2]),
    meta = { every: 1000, early: 1, search: false };
  const [once, thrice] = await Promise.all(
    [1, 3].map((steps) => rates(mixed, { regime: decaying(1), meta: { ...meta, steps } })),
  );
  assertEquals(once.noise[0], thrice.noise[0]);
});

interface OnCommandLine {
  readonly base: string;
  readonly direction: unknown;
  readonly lambdaFsd: number;
  readonly caution?: Caution;
  readonly hover: number;
  readonly level?: NoiseLevel;
  /** One that ends at another rate. */
  readonly otherwise?: Partial<ByNoiseOptions>;
  readonly warmsUp?: boolean;
  readonly bound?: number;
}
const usual = { lambdaFsd: 0.01 / (1 - 0.9), hover: 4, warmsUp: true };
const onCommandLine: readonly OnCommandLine[] = [
  { ...usual, base: "momentum", direction: momentum(), otherwise: { hover: 3 } },
  { ...usual, base: "adam", direction: adam() },
  {
    ...{ base: "muon", direction: muon(), lambdaFsd: 0.4, caution: { power: 4, most: 30 }, level: [4, 2], bound: 0.04 },
    ...{ hover: Infinity, otherwise: { level: [2, 4] } },
  },
];
for (const { base, direction, lambdaFsd, caution, hover, level, bound, otherwise, warmsUp } of onCommandLine) {
  Deno.test(`by-noise on the command line: ${warmsUp ? "" : "no "}warm-up, decay and bounds of ${base}`, async () => {
    const steps = 60, settings = { steps, learningRate: 0.1, every: 1 }, entry = catalogued(`apo-${base}`);
    assertEquals(entry.complete(settings).lambdaFsd, lambdaFsd);
    const byHand = (changes: OnCommandLine["otherwise"] = {}) =>
      amortize({
        problem,
        direction: direction as Direction<Record<never, never>>,
        parameterization: scalarRate({ learningRate: 0.1 }),
        regime: {
          ...byNoise({
            ...{ steps, lambdaFsd, caution, hover, level, schedule: warmsUp ? warmUp(20, 1) : 1 },
            decay: linearDecay({ initial: 1, steps }),
            ...changes,
          }),
          bound,
        },
        meta: { every: 1 },
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

Deno.test("λ_FSD is larger in the early meta steps where noise has a bound, and not for Muon", () => {
  const at = (base: string, step: number) =>
    number(recommendedRegime(base, { steps: 100 }).lambdaFsd(noNoise(), tf.scalar(step), 0.5));
  for (const [step, factor] of [[0, LAMBDA_FSD.early], [19, LAMBDA_FSD.early], [20, 1]]) {
    assertAlmostEquals(at("momentum", step), 0.02 * factor, 1e-6);
    assertAlmostEquals(at("muon", step), 0.4, 1e-6);
  }
});

Deno.test("recommendedRegime: RMSprop's decay begins at 2 where gradients are noise, those of others at 1", () => {
  const noise = { ...noNoise(), carriedOver: tf.scalar(0) };
  const factor = (base: string) => number(recommendedRegime(base, { steps: 1000 }).factor!(noise, tf.scalar(200), 0));
  assertAlmostEquals(factor("rmsprop"), 2 * 0.8, 1e-6); // after the warm-up
  for (const base of ["sgd", "momentum", "adam", "muon"]) assertAlmostEquals(factor(base), 0.8, 1e-6);
});

Deno.test("recommendedRegime: Muon's caution holds with every schedule and λ_FSD, those of others by noise only", () => {
  const measures = (...args: Parameters<typeof recommendedRegime>) =>
    recommendedRegime(...args).needsLossOnBatch === true;
  for (const schedule of ["by-noise", "constant", "linear"] as const) {
    assertEquals(measures("muon", { steps: 10, schedule }), true);
    assertEquals(measures("muon", { steps: 10, schedule, lambdaFsd: 3 }), true);
    assertEquals(measures("momentum", { steps: 10, schedule }), schedule === "by-noise");
  }
  const { factor } = recommendedRegime("muon", { steps: 100 });
  const noise = { ...noNoise(), carriedOver: tf.scalar(0.8) }; // no warm-up; the level is (1 − s⁴)²
  assertAlmostEquals(number(factor!(noise, tf.scalar(0), 0.95)), 1, 1e-6);
  assertAlmostEquals(number(factor!(noise, tf.scalar(50), 0.95)), 1 - (1 - 0.8 ** 4) ** 2 / 2, 1e-6);
});

for (
  const [options, says] of [
    [{ steps: 0 }, "byNoise: steps is 0"],
    [{ lambdaFsd: -1 }, "byNoise: lambdaFsd is -1"],
    [{ schedule: -1 }, "byNoise: schedule is -1"],
    [{ decay: NaN }, "byNoise: decay is NaN"],
    [{ level: [0, 4] }, "byNoise: level is [0, 4]"],
    [{ hover: 0 }, "byNoise: hover is 0"],
    [{ caution: { power: -1, most: 7 } }, "byNoise: caution.power is -1"],
    [{ caution: { power: 1, most: 0.5 } }, "byNoise: caution.most is 0.5"],
  ] as [Partial<ByNoiseOptions>, string][]
) {
  Deno.test(`byNoise refuses: ${says}`, () => {
    assertThrows(() => byNoise({ steps: 10, ...options }), UserError, says);
  });
}

Deno.test("byNoise: what it cannot be used with is said", () => {
  const rule = {
    problem,
    direction: gradient(),
    parameterization: scalarRate(),
    objective: { lossOn: "metaBatch" },
  } as const;
  assertThrows(
    () => amortize({ ...rule, regime: byNoise({ steps: 10 }) }),
    UserError,
    "give another regime, such as plain()",
  );
  amortize(rule);
  for (const name of ["adam", "apo-kfac"]) {
    assertThrows(
      () => catalogued(name).build(problem, { steps: 10, learningRate: 0.1, schedule: "by-noise" }),
      UserError,
      "by-noise",
    );
  }
});
