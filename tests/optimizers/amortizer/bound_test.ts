/** The largest rate that a regime allows. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { softmax } from "../../../proximal/mod.ts";
import { mlp } from "../../../models/networks/networks.ts";
import { amortize } from "../../../optimizers/amortizer/amortize.ts";
import { adam } from "../../../optimizers/directions/adam.ts";
import { gradient } from "../../../optimizers/directions/gradient.ts";
import { additive } from "../../../optimizers/amortizer/additive.ts";
import type { MetaOptions } from "../../../optimizers/amortizer/defaults.ts";
import { byNoise } from "../../../optimizers/amortizer/regimes/by_noise.ts";
import { plain } from "../../../optimizers/amortizer/regimes/plain.ts";
import { recommendedRegime } from "../../../optimizers/catalogue/recommended.ts";
import { diagonal } from "../../../optimizers/parameterizations/diagonal.ts";
import { perBlockRates, scalarRate } from "../../../optimizers/parameterizations/log_rates.ts";
import type { Parameterization } from "../../../optimizers/parameterizations/parameterization.ts";
import type { Problem } from "../../../proximal/problem.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { rows } from "../../../data/rows.ts";

await chooseBackend("cpu");

const problem: Problem = { model: mlp([2, 3, 2]), output: softmax() };
const batch = () => rows({ inputs: [[0, 1], [1, 0], [1, 1]], labels: [0, 1, 1] }).batch([0, 1, 2]);

/** What is learned at each of 30 steps, and where θ is after the first and in the end. */
async function trained(bound: number | undefined, parameterization: Parameterization, meta: MetaOptions = {}) {
  const regime = { ...plain(), bound };
  const optimizer = amortize({ problem, direction: gradient(), parameterization, regime, meta });
  const { params, buffers } = problem.model.init(1), rates: number[] = [], thetas: Float32Array[] = [];
  const kernel = Object.keys(params)[0], start = (await params[kernel].data()).slice() as Float32Array;
  let carry = optimizer.init(params, buffers);
  const at = { step: 0, seed: 0 }, batches = { batch: batch(), metaBatch: batch };
  if (optimizer.prepare) carry = await optimizer.prepare(carry, batches, at);
  for (let step = 0; step < 30; step++) {
    carry = optimizer.step(carry, batches, { ...at, step }).carry;
    rates.push(...Object.values(await optimizer.learned!(carry)).filter((value) => typeof value === "number"));
    thetas.push((await carry.params[kernel].data()).slice() as Float32Array);
  }
  return { rates, moved: thetas[0].map((x, i) => x - start[i]), end: thetas.at(-1)! };
}

for (const learningRate of [1e-6, 0.01, 10]) {
  Deno.test(`bound: no step has a larger one, from ${learningRate}, and the first moves θ by it`, async () => {
    const { rates: free, moved: far } = await trained(undefined, scalarRate({ learningRate }));
    assert(free.every((rate) => rate > 0.05), `${free}`);
    const { rates, moved } = await trained(0.05, scalarRate({ learningRate }));
    rates.forEach((rate) => assertAlmostEquals(rate, 0.05, 1e-7));
    moved.forEach((x, i) => assertAlmostEquals(x, far[i] * 0.05 / free[0], 1e-6));
  });
}

Deno.test("bound: each block has it, and other meta-optimizers keep to it", async () => {
  const { rates: blocks } = await trained(0.05, perBlockRates());
  assert(blocks.length === 120 && blocks.every((rate) => rate < 0.05 + 1e-7), `${blocks}`);
  assert(blocks.some((rate) => rate > 0.0499));
  const paper: MetaOptions = { optimizer: additive(adam(), { rate: 0.5 }), search: false };
  const { rates } = await trained(0.05, scalarRate({ learningRate: 10 }), paper);
  assert(rates.every((rate) => rate < 0.05 + 1e-7), `${rates}`);
});

Deno.test("bound: it holds before there was a meta step, too, as after one that a refused step took back", async () => {
  const meta: MetaOptions = { early: 0, every: 1000, search: false };
  const step = (bound?: number, learningRate = 10) => {
    const regime = { ...plain(), bound }, parameterization = scalarRate({ learningRate });
    const optimizer = amortize({ problem, direction: gradient(), parameterization, regime, meta });
    const { params, buffers } = problem.model.init(1), fresh = optimizer.init(params, buffers);
    const { carry } = optimizer.step(fresh, { batch: batch(), metaBatch: batch }, { step: 1, seed: 0 });
    return { end: Object.values(carry.params)[0].dataSync(), learned: optimizer.learned!(carry) };
  };
  const { end, learned } = step(0.05);
  assertAlmostEquals((await learned).rate, 0.05, 1e-7);
  assertEquals(end, step(undefined, 0.05).end);
  assertNotEquals(end, step().end);
});

for (const [learningRate, meta] of [[0.01, {}], [10, { search: false }]] as [number, MetaOptions][]) {
  Deno.test(`bound: the first lookahead keeps to it, from ${learningRate}${meta.search === false ? "" : " searched"}`, async () => {
    const LARGEST = 0.001;
    const first = async (bound: number | undefined, learningRate: number, meta: MetaOptions) => {
      const regime = { ...byNoise({ steps: 1, schedule: 1, decay: 1 }), bound };
      const parameterization = scalarRate({ learningRate });
      const optimizer = amortize({ problem, direction: gradient(), parameterization, regime, meta });
      const { params, buffers } = problem.model.init(1), fresh = optimizer.init(params, buffers);
      const batches = { batch: batch(), metaBatch: batch }, at = { step: 0, seed: 0 };
      const carry = await optimizer.prepare?.(fresh, batches, at) ?? fresh;
      const { rate } = await optimizer.learned!(carry), { metrics } = optimizer.step(carry, batches, at);
      return [rate, ...["fsd", "metaLoss", "carriedOver"].map((name) => metrics[name].dataSync()[0])];
    };
    const wanted = await first(undefined, LARGEST, { search: false });
    (await first(LARGEST, learningRate, meta)).forEach((x, i) => assertAlmostEquals(x, wanted[i], 1e-6));
    const [free] = await first(undefined, learningRate, meta);
    assert(free > 10 * LARGEST, `${free}`);
  });
}

Deno.test("bound: one that is never reached changes no bit", async () => {
  const { end, rates } = await trained(undefined, scalarRate());
  assertEquals((await trained(2 * Math.max(...rates), scalarRate())).end, end);
});

Deno.test("bound: it is for log-rates: another form learns as without it", async () => {
  const { end } = await trained(undefined, diagonal());
  assertEquals((await trained(0.05, diagonal())).end, end);
  assertNotEquals((await trained(0.05, scalarRate())).end, (await trained(undefined, scalarRate())).end);
});

Deno.test("bound: Muon's is 0.04 with every schedule", () => {
  for (const schedule of ["by-noise", "constant", "cosine"] as const) {
    assertEquals(recommendedRegime("muon", { steps: 10, schedule }).bound, 0.04);
  }
  assertEquals(recommendedRegime("adam", { steps: 10 }).bound, undefined);
});

for (const bound of [0, -1, NaN, Infinity, "0.1"]) {
  Deno.test(`bound: ${typeof bound} ${bound} is refused`, () => {
    const regime = { ...plain(), bound: bound as number };
    const make = () => amortize({ problem, direction: gradient(), parameterization: scalarRate(), regime });
    assertThrows(make, UserError, `regime.bound is ${bound}`);
  });
}
