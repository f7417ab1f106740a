/** A schedule of a learned rule: a factor of the steps that the lookahead does not see. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { softmax } from "../../../proximal/mod.ts";
import { mlp } from "../../../models/networks/networks.ts";
import { amortize } from "../../../optimizers/amortizer/amortize.ts";
import { plain } from "../../../optimizers/amortizer/regimes/plain.ts";
import { gradient } from "../../../optimizers/directions/gradient.ts";
import { catalogued } from "../../../optimizers/catalogue/catalogue.ts";
import { gradientStep } from "../../../optimizers/gradient_step.ts";
import { scalarRate } from "../../../optimizers/parameterizations/log_rates.ts";
import { linearDecay, type Scheduled } from "../../../optimizers/schedules.ts";
import type { Problem } from "../../../proximal/problem.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { mapTensors } from "../../../runtime/tree.ts";
import { rows } from "../../../data/rows.ts";

await chooseBackend("cpu");

const problem: Problem = { model: mlp([2, 3, 2]), output: softmax() };
const data = rows({ inputs: [[0, 1], [1, 0], [1, 1]], labels: [0, 1, 1] });
const batch = () => data.batch([0, 1, 2]);

/** One step at `step` steps done, from the same start: how far each parameter moved, the gradient, and what was learned. */
async function oneStep(schedule: Scheduled | undefined, step: number) {
  const optimizer = amortize({
    problem,
    direction: gradient(),
    parameterization: scalarRate({ learningRate: 0.5 }),
    meta: { early: 0, every: 1000, search: false },
    regime: plain({ schedule }),
  });
  const { params, buffers } = problem.model.init(1), fresh = optimizer.init(params, buffers);
  const rule = { ...fresh.state.rule, step: tf.scalar(step) };
  const carry = { ...fresh, state: { ...fresh.state, rule } }, before = mapTensors(params, (x) => x.clone());
  const g = tf.tidy(() =>
    gradientStep(problem, carry, batch(), { step, seed: 0 }).gradient as Record<string, tf.Tensor>
  );
  const { carry: after } = optimizer.step(carry, { batch: batch(), metaBatch: batch }, { step: step + 1, seed: 0 });
  const moved = mapTensors(before, (x, name) => tf.sub(x, after.params[name]));
  return { moved, gradient: g, learned: await optimizer.learned!(after) };
}

for (const [step, factor] of [[0, 1], [30, 0.7], [99, 0.01], [100, 0]]) {
  Deno.test(`schedule: after ${step} of 100 steps of a linear decay a step is ${factor} as long, and the logs say so`, async () => {
    const { moved, gradient, learned } = await oneStep(linearDecay({ initial: 1, steps: 100 }), step);
    for (const [name, x] of Object.entries(moved)) {
      const [actual, expected] = [x.dataSync(), gradient[name].dataSync()];
      expected.forEach((g, i) => assertAlmostEquals(actual[i], 0.5 * factor * g, 1e-6));
    }
    assertAlmostEquals(learned.rate, 0.5 * factor, 1e-6);
  });
}

Deno.test("schedule: the meta step is that of a factor of 1", async () => {
  const ends = await Promise.all([undefined, 0.125].map(async (schedule) => {
    const optimizer = amortize({
      problem,
      direction: gradient(),
      parameterization: scalarRate({ learningRate: 0.5 }),
      meta: { early: 1, search: false },
      regime: plain({ schedule }),
    });
    const { params, buffers } = problem.model.init(1);
    const at = { step: 0, seed: 0 };
    const { carry } = optimizer.step(optimizer.init(params, buffers), { batch: batch(), metaBatch: batch }, at);
    return (await optimizer.learned!(carry)).rate / (schedule ?? 1);
  }));
  assertAlmostEquals(ends[0], ends[1], 1e-6);
});

Deno.test("catalogue: learned rates follow the noise unless told otherwise; matrices do not", () => {
  const complete = (name: string) => catalogued(name).complete({ steps: 100, learningRate: 0.01 }).schedule;
  assertEquals(complete("apo-adam"), "by-noise");
  assertEquals(complete("apo-muon"), "by-noise");
  assertEquals(complete("apo-kfac-paper"), "constant");
  assertEquals(complete("apo-kfac"), "linear");
});
