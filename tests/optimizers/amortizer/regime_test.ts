/** A regime of one's own: when it is asked and shown, and that its state is part of the carry. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  gaussian,
  gradient,
  type MetaOptions,
  mlp,
  momentum,
  paper,
  paperRule,
  plain,
  type Problem,
  type Regime,
  rows,
  scalarRate,
  softmax,
  type Tensor,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { flatten } from "../../../runtime/tree.ts";

await chooseBackend("cpu");

const problem: Problem = { model: mlp([2, 3, 2]), output: softmax() };
const batch = () => rows({ inputs: [[0, 1], [1, 0], [1, 1]], labels: [0, 1, 1] }).batch([0, 1, 2]);
const other = () => rows({ inputs: [[2, 1], [1, 3]], labels: [1, 0] }).batch([0, 1]);
const number = (x: Tensor): number => x.dataSync()[0];

/** The states of the regime after each step, and the metrics. */
async function course(regime: Regime, meta: MetaOptions, steps = 6) {
  const optimizer = amortize({
    problem,
    direction: gradient(),
    parameterization: scalarRate({ learningRate: 0.5 }),
    regime,
    meta,
  });
  const { params, buffers } = problem.model.init(1);
  let carry = optimizer.init(params, buffers);
  const all = [];
  for (let step = 0; step < steps; step++) {
    const result = optimizer.step(carry, { batch: batch(), metaBatch: other }, { step, seed: 0 });
    carry = result.carry;
    const state = Object.fromEntries(
      Object.entries(flatten(carry.state.rule.learner.regime)).map(([name, x]) => [name, number(x)]),
    );
    const metrics = Object.fromEntries(Object.entries(result.metrics).map(([name, x]) => [name, number(x)]));
    all.push({ state, metrics, rate: (await optimizer.learned!(carry)).rate });
  }
  return all;
}

/** Counts the meta steps that it was shown, doubles λ_FSD with each, and halves the steps. */
const counting: Regime<{ count: Tensor }> = {
  init: () => ({ count: tf.scalar(0) }),
  observe: ({ count }) => ({ count: tf.add(count, 1) }),
  lambdaFsd: ({ count }) => tf.pow(2, count),
  factor: ({ count }) => tf.pow(0.5, count),
  report: ({ count }) => ({ seen: count }),
};

Deno.test("a regime is shown every meta step once, and its state is in the carry and its report in the metrics", async () => {
  const all = await course(counting, { early: 2, every: 3, steps: 2, search: false });
  assertEquals(all.map(({ state }) => state.count), [1, 2, 2, 3, 3, 3]);
  assertEquals(all.map(({ metrics }) => metrics.seen), [1, 2, 2, 3, 3, 3]);
});

Deno.test("a regime's λ_FSD is that of the next meta step, and the lookahead does not see its factor", async () => {
  const all = await course(counting, { early: 2, every: 3, search: false });
  for (const [i, lambda] of [[0, 1], [1, 2], [3, 4]]) {
    const { metaObjective, metaLoss, fsd } = all[i].metrics;
    assertAlmostEquals((metaObjective - metaLoss) / fsd / lambda, 1, 1e-3);
  }
  const [first] = await course({ ...counting, factor: undefined }, { early: 2, every: 3, search: false }, 1);
  assertAlmostEquals(all[0].rate / first.rate, 0.5, 1e-6);
  assertEquals(all[0].metrics.fsd, first.metrics.fsd);
});

Deno.test("what a regime observes: J on B and on B′ at θ and u, and what the slope promises, on a line by hand", () => {
  let seen: number[] = [];
  const regime: Regime = {
    ...plain(),
    observe: (state, evidence) => {
      const { loss, lookaheadLoss } = evidence.onMetaBatch();
      seen = [evidence.loss, evidence.lookaheadLoss, evidence.promised(), loss, lookaheadLoss].map(number);
      return state;
    },
  };
  const line: Problem = { model: mlp([1, 1]), output: gaussian() };
  const [weight, bias] = Object.keys(line.model.leaves),
    one = (x: number) => rows({ inputs: [[x]], targets: [[0]] }).batch([0]);
  const parameterization = scalarRate({ learningRate: 0.25 }), meta = { search: false };
  const optimizer = amortize({ problem: line, direction: gradient(), parameterization, regime, meta });
  const carry = optimizer.init({ [weight]: tf.tensor2d([[2]]), [bias]: tf.tensor1d([0]) }, {});
  optimizer.step(carry, { batch: one(1), metaBatch: () => one(0.5) }, { step: 0, seed: 0 });
  // y = 2x becomes 1.5x − 0.5: on B from 2 to 1, on B′ from 1 to 0.25, and J = ½y²; g = (2, 2)
  [2, 0.5, 0.25 * 8, 0.5, 0.03125].forEach((x, i) => assertAlmostEquals(seen[i], x, 1e-6));
});

Deno.test("a regime whose next state is not finite keeps the one before", async () => {
  const broken: Regime<{ count: Tensor }> = {
    ...counting,
    observe: ({ count }) => ({ count: tf.div(tf.add(count, 1), 0) }),
  };
  const all = await course(broken, { early: 6, search: false });
  assertEquals(all.map(({ state }) => state.count), [0, 0, 0, 0, 0, 0]);
  assertEquals(all.at(-1)!.metrics.refused, 0);
});

Deno.test("plain: λ_FSD is 0.15/(1 − β₁), as given, or by a schedule; paper: as given", () => {
  const lambda = (regime: Regime, beta: number) => number(regime.lambdaFsd({}, tf.scalar(3), beta));
  assertAlmostEquals(lambda(plain(), 0), 0.15, 1e-7);
  assertAlmostEquals(lambda(plain(), 0.9), 1.5, 1e-6);
  assertEquals(lambda(plain({ lambdaFsd: 2 }), 0.9), 2);
  assertEquals(lambda(plain({ lambdaFsd: (step) => tf.mul(step, 2) }), 0.9), 6);
  assertEquals(lambda(paper({ lambdaFsd: 0.5 }), 0.9), 0.5);
  assertEquals([plain().factor, plain().observe, paper({ lambdaFsd: 1 }).factor], [undefined, undefined, undefined]);
  assertThrows(() => plain({ lambdaFsd: -1 }), UserError, "plain: lambdaFsd is -1");
  assertThrows(() => plain({ schedule: NaN }), UserError, "plain: schedule is NaN");
  assertThrows(() => paper({} as { lambdaFsd: number }), UserError, "paper: lambdaFsd is undefined");
});

Deno.test("amortize tells the regime the direction's momentum", () => {
  const asked: number[] = [];
  const regime: Regime = { init: () => ({}), lambdaFsd: (_, __, beta) => (asked.push(beta), tf.scalar(1)) };
  for (const direction of [momentum({ decay: 0.7 }), gradient()]) {
    const optimizer = amortize({
      ...{ problem, direction: direction as ReturnType<typeof gradient>, parameterization: scalarRate(), regime },
      meta: paperRule(),
    });
    const { params, buffers } = problem.model.init(1);
    optimizer.step(optimizer.init(params, buffers), { batch: batch(), metaBatch: other }, { step: 0, seed: 0 });
  }
  assertEquals([asked[0], asked.at(-1)], [0.7, 0]);
});
