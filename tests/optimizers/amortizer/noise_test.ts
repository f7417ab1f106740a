/** How noise is measured, and what follows from it. */
import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { gaussian, softmax } from "../../../proximal/mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import * as tf from "@tensorflow/tfjs";
import { inference } from "../../../models/mode.ts";
import { mlp } from "../../../models/networks/networks.ts";
import { cautionAgainst, checkCaution } from "../../../optimizers/amortizer/regimes/caution.ts";
import { asFarAsNoise, type NoiseLevel } from "../../../optimizers/amortizer/regimes/decay_by_noise.ts";
import { checkHovering, hovering, mostGap } from "../../../optimizers/amortizer/regimes/hovering.ts";
import { type Noise, noNoise } from "../../../optimizers/amortizer/regimes/noise.ts";
import { additive } from "../../../optimizers/amortizer/additive.ts";
import { metaStep, newLearner } from "../../../optimizers/amortizer/meta_step.ts";
import { byNoise } from "../../../optimizers/amortizer/regimes/by_noise.ts";
import { gradient as ascent } from "../../../optimizers/directions/gradient.ts";
import { scalarRate } from "../../../optimizers/parameterizations/log_rates.ts";
import type { Batch, Problem } from "../../../proximal/problem.ts";
import { UserError } from "../../../runtime/errors.ts";
import { random } from "../../../runtime/random.ts";
import { elementwise } from "../../../runtime/elementwise/elementwise.ts";
import { mapTensors } from "../../../runtime/tree.ts";
import { rows } from "../../../data/rows.ts";

await chooseBackend("cpu");

const levels: readonly (readonly [share: number, level: number, of: NoiseLevel])[] = [
  [1, 0, [2, 4]],
  [0, 1, [2, 4]],
  [0.5, 0.75 ** 4, [2, 4]],
  [0.8, (1 - 0.8 ** 4) ** 2, [4, 2]],
  [0.8, 1 - 0.8 ** 7, [7, 1]],
];
for (const [share, level, of] of levels) {
  Deno.test(`asFarAsNoise([${of}]): ${level.toPrecision(2)} of a decay acts where ${share} of the progress carries over`, () => {
    const decayed = asFarAsNoise(of, "level"), formula = elementwise(({ s, f }) => ({ factor: decayed(s, f) }));
    const factor = (decay: number) => number(formula({ s: tf.scalar(share), f: { x: tf.scalar(decay) } }).factor.x);
    assertAlmostEquals(factor(0), 1 - level, 1e-6);
    assertAlmostEquals(factor(0.3), 1 - level * 0.7, 1e-6);
    assertEquals(factor(1), 1);
  });
}

Deno.test("asFarAsNoise refuses powers that cannot be, by their values", () => {
  for (const n of [0, -2, 1.5, NaN, Infinity, 65]) {
    assertThrows(
      () => asFarAsNoise([2, n], "byNoise: level"),
      UserError,
      `byNoise: level is [2, ${n}]; give two whole numbers`,
    );
    assertThrows(() => asFarAsNoise([n, 4], "byNoise: level"), UserError, `byNoise: level is [${n}, 4]`);
  }
  assertThrows(() => asFarAsNoise([2] as unknown as NoiseLevel, "level"), UserError, "level is [2]");
  assertThrows(() => asFarAsNoise([2, 4, 8] as unknown as NoiseLevel, "level"), UserError, "level is [2, 4, 8]");
});

Deno.test("cautionAgainst: a power of the share, up to a bound", () => {
  const caution = (share: number, power = 3) =>
    number(cautionAgainst({ ...noNoise(), carriedOver: tf.scalar(share) }, { power, most: 100 }));
  assertAlmostEquals(caution(1), 1, 1e-6);
  assertAlmostEquals(caution(0.5), 8, 1e-5);
  assertEquals([caution(0.1), caution(0), caution(0, 8)], [100, 100, 100]);
});

Deno.test("checkCaution names what cannot be", () => {
  for (const most of [0.5, NaN, Infinity]) {
    assertThrows(() => checkCaution("caution", { power: 1, most }), UserError, `caution.most is ${most}`);
  }
});

const hoveringFormula = elementwise(({ gap, unit, most }) => ({ factor: hovering(gap, unit, most) }));
const hoveringAt = (gap: number, unit: number, most: number): number => {
  const given = { unit: tf.scalar(unit), most: tf.scalar(most), gap: { x: tf.scalar(gap) } };
  return number(hoveringFormula(given).factor.x);
};

Deno.test("hovering: a quarter of η tr Σ/(1 − β₁) is how far noise holds gradient descent above the minimum of a parabola", () => {
  for (const [momentum, rate] of [[0, 0.02], [0.9, 0.002]]) {
    const stream = random(1, "hovering"), steps = 1_000_000, deviation = 3;
    let x = 0, velocity = 0, height = 0;
    for (let step = 0; step < steps; step++) {
      velocity = momentum * velocity + x + deviation * stream.normal(); // the slope of x²/2 and its noise
      x -= rate * velocity;
      height += x * x / 2 / steps;
    }
    assertAlmostEquals(height / (rate * deviation ** 2 / (4 * (1 - momentum))), 1, 0.1);
    const gap = rate * deviation ** 2, firstLoss = 8, c = 2;
    const factor = (steps: number) => hoveringAt(gap, firstLoss, mostGap(c, { steps, momentum }));
    const level = (c * firstLoss / height) ** 2; // the steps T whose c J₀/√T is the height
    assertAlmostEquals(factor(level), 1, 0.1);
    assertAlmostEquals(factor(4 * level), 0.5, 0.06); // half the height, half the step
  }
});

Deno.test("hovering: no bound before anything is measured, and for losses without a unit", () => {
  const at = (gap: number, firstLoss: number) => hoveringAt(gap, firstLoss, mostGap(1, { steps: 16, momentum: 0 }));
  assertEquals([at(0, 0), at(0, 2), at(-1, 2), at(5, 0), at(5, -3)], [1, 1, 1, 1, 1]);
  assertEquals([at(2, 2), at(4, 2), at(8, 2)], [1, 0.5, 0.25]); // the bound is 4 · 2/√16
  const { gap, unit } = noNoise();
  assertEquals(hoveringAt(number(gap), number(unit), 1), 1);
  for (const c of [0, -1, NaN, 1e7, 1e308]) {
    assertThrows(() => checkHovering("byNoise: hover", c), UserError, `byNoise: hover is ${c}`);
  }
  checkHovering("byNoise: hover", Infinity);
});

/** y = wx from w = 2, all targets 0: J = ½ w² x̄²; on B x = 1, g = 2; w′ = 2 − 2 rate. B′ has these rows. */
function line(elsewhere: Batch, { rate = 0.25, before = noNoise() }: { rate?: number; before?: Noise } = {}) {
  const problem: Problem = { model: mlp([1, 1]), output: gaussian() };
  const [weight, bias] = Object.keys(problem.model.leaves);
  const params = { [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) };
  const gradient = { [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) };
  const point = { params, buffers: {}, direction: gradient, batch: one(1), metaBatch: elsewhere, mode: inference };
  const setting = { problem, parameterization: scalarRate(), lambdas: { lambdaFsd: 1, lambdaWsd: 0 } };
  return tf.tidy(() => {
    const regime = byNoise({ steps: 1 }), optimizer = additive(ascent(), { rate: 0 });
    const learner = { ...newLearner({ rate: tf.scalar(Math.log(rate)) }, optimizer, regime), regime: before };
    const when = { step: tf.scalar(0), at: { step: 0, seed: 0 }, early: false, repeated: false };
    const after = metaStep(optimizer, learner, { setting, regime, point, gradient, loss: tf.scalar(2), ...when });
    return mapTensors(after.regime as Noise, (x) => tf.keep(x)) as Noise;
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

Deno.test("measured: the first loss stays", () => {
  const first = line(one(0.5));
  assertEquals(number(first.unit), 2);
  assertEquals(number(line(one(0.5), { before: { ...first, unit: tf.scalar(7) } }).unit), 7);
});

Deno.test("measured: a choice among many classes has the unit of a choice among ten", () => {
  const unit = (classes: number): number => {
    const problem: Problem = { model: mlp([1, classes]), output: softmax() }, regime = byNoise({ steps: 1 });
    const zeros = mapTensors(problem.model.init(1).params, (x) => tf.zerosLike(x)),
      slopes = mapTensors(zeros, (x) => tf.onesLike(x));
    const batch = rows({ inputs: [[1]], labels: [1] }).batch([0]), mode = inference;
    const point = { params: zeros, buffers: {}, direction: slopes, batch, metaBatch: batch, mode };
    const setting = { problem, parameterization: scalarRate(), lambdas: { lambdaFsd: 1, lambdaWsd: 0 } };
    const learner = newLearner({ rate: tf.scalar(0) }, additive(ascent(), { rate: 0 }), regime);
    const when = { step: tf.scalar(0), at: { step: 0, seed: 0 }, early: false, repeated: false };
    const inputs = { setting, regime, point, gradient: slopes, loss: tf.scalar(Math.log(classes)), ...when };
    return number(metaStep(additive(ascent(), { rate: 0 }), learner, inputs).regime.unit as tf.Tensor);
  };
  assertEquals(unit(4), Math.fround(Math.log(4)));
  assertEquals(unit(10), Math.fround(Math.log(10)));
  for (const classes of [11, 100, 4000]) assertAlmostEquals(unit(classes), Math.log(10), 1e-6);
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
  const large = { ...noNoise(), progress: tf.scalar(1e6), size: tf.scalar(1e6) };
  let noise: Noise = large;
  for (let i = 0; i < 250; i++) noise = line(one(0.5), { before: noise });
  assertAlmostEquals(number(noise.carriedOver), number(line(one(0.5)).carriedOver), 0.02);
});
