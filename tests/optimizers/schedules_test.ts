/** Schedules against their closed forms. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  cosine,
  fixedRate,
  gradient,
  inverseSquareRoot,
  linearDecay,
  replay,
  type Schedule,
  stepDecay,
  valueAt,
  warmUp,
} from "../../mod.ts";
import { schedules } from "../../optimizers/catalogue/entry.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { clusters, start } from "./tiny_task.ts";

await chooseBackend("cpu");

/** On cpu, where formulas are tfjs's operations, and on wasm, where they are compiled. */
async function assertFollows(schedule: Schedule, expected: (step: number) => number, steps: number): Promise<void> {
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    for (let step = 0; step <= steps; step++) {
      const value = tf.tidy(() => schedule(tf.scalar(step)).dataSync()[0]);
      assertAlmostEquals(value, expected(step), 2e-7 + 2e-6 * Math.abs(expected(step)), `${backend}, step ${step}`);
    }
  }
}

Deno.test("stepDecay is torch's StepLR, also where a step is a multiple of the interval", async () => {
  await assertFollows(stepDecay({ initial: 0.5, every: 10, factor: 0.1 }), (t) => 0.5 * 0.1 ** Math.floor(t / 10), 50);
  await assertFollows(stepDecay({ initial: 1, every: 3, factor: 0.5 }), (t) => 0.5 ** Math.floor(t / 3), 20);
});

Deno.test("cosine is torch's CosineAnnealingLR with minimum 0, and stays at 0", async () => {
  const half = (t: number) => 0.3 * (1 + Math.cos(Math.PI * Math.min(1, t / 20))) / 2;
  await assertFollows(cosine({ initial: 0.3, steps: 20 }), half, 30);
});

Deno.test("linearDecay is torch's LinearLR, and stays at the final value", async () => {
  await assertFollows(linearDecay({ initial: 2, steps: 8 }), (t) => 2 * Math.max(0, 1 - t / 8), 12);
  await assertFollows(linearDecay({ initial: 2, final: 1, steps: 8 }), (t) => 2 - Math.min(1, t / 8), 12);
});

Deno.test("warmUp rises to the whole of a constant or a schedule, which is not delayed", async () => {
  await assertFollows(warmUp(4, 0.8), (t) => 0.8 * Math.min(1, (t + 1) / 4), 10);
  const decay = (t: number) => 2 * Math.max(0, 1 - t / 8);
  await assertFollows(warmUp(4, linearDecay({ initial: 2, steps: 8 })), (t) => decay(t) * Math.min(1, (t + 1) / 4), 10);
});

Deno.test("inverseSquareRoot behind a warm-up is the rate of Vaswani et al. 2017; warm-ups of runs are a tenth of them", async () => {
  const width = 512, steps = 4, highest = (width * steps) ** -0.5;
  const published = (n: number) => width ** -0.5 * Math.min(n ** -0.5, n * steps ** -1.5);
  await assertFollows(warmUp(steps, inverseSquareRoot({ initial: highest, steps })), (t) => published(t + 1), 40);
  const ofRun = schedules["warmup-inverse-sqrt"](highest, 10 * steps) as Schedule;
  await assertFollows(ofRun, (t) => published(t + 1), 40);
});

Deno.test("schedules refuse numbers that are not finite, by name", () => {
  const wrong: [make: () => Schedule, name: string][] = [
    [() => stepDecay({ initial: 1, every: 5, factor: NaN }), "stepDecay: factor is NaN"],
    [() => stepDecay({ initial: 1, every: 0, factor: 0.5 }), "stepDecay: every is 0"],
    [() => cosine({ initial: 1e39, steps: 5 }), "cosine: initial is 1e+39"],
    [() => cosine({ initial: Infinity, steps: 5 }), "cosine: initial is Infinity"],
    [() => linearDecay({ initial: 1, steps: Infinity }), "linearDecay: steps is Infinity"],
    [() => linearDecay({ initial: 1, final: NaN, steps: 5 }), "linearDecay: final is NaN"],
    [() => inverseSquareRoot({ initial: NaN, steps: 5 }), "inverseSquareRoot: initial is NaN"],
    [() => warmUp(Infinity, 1), "warmUp: steps is Infinity"],
    [() => warmUp(5, NaN), "warmUp: schedule is NaN"],
  ];
  for (const [make, message] of wrong) assertThrows(make, UserError, message);
});

Deno.test("replay repeats each value up to the step that logged it, whatever the order of the record", async () => {
  const run = (...values: [step: number, rate: number][]) => ({
    metrics: values.map(([step, rate]) => ({ step, learned: { rate } })),
  });
  const record = run([1, 3], [5, 2], [6, 7]);
  // a value logged after n steps was used by the n-th, when n − 1 were done, and where K divides n by those since the last line
  const expected = (t: number) => t < 1 ? 3 : t < 5 ? 2 : 7;
  await assertFollows(replay(record), expected, 9);
  await assertFollows(replay({ metrics: record.metrics.toReversed() }), expected, 9);
  await assertFollows(replay(run([10, 0.5])), () => 0.5, 20);
});

Deno.test("replay keeps the digits of small values after large ones", () => {
  const values = [10, 1e-6, 3e-5, 2, 1e-8];
  const schedule = replay(
    { metrics: values.map((value, i) => ({ step: i + 1, learned: { "rate/bias": value } })) },
    "rate/bias",
  );
  values.forEach((value, t) =>
    assertAlmostEquals(tf.tidy(() => schedule(tf.scalar(t)).dataSync()[0]), value, 1e-6 * value, `step ${t}`)
  );
});

Deno.test("replay refuses a run that has not learned the quantity", () => {
  assertThrows(() => replay({ metrics: [{ step: 1, learned: {} }] }), UserError, 'no line has learned "rate"');
});

Deno.test("a learned rate that is logged at every step replays to the same parameters", async () => {
  const task = clusters(1), rates = [0.5, 0.25, 0.125, 0.3, 0.7];
  const parametersAfter = async (learningRate: Schedule) => {
    const optimizer = fixedRate({ problem: task.problem, direction: gradient(), learningRate });
    let carry = await start(optimizer, task);
    const logged: number[] = [];
    rates.forEach((_, step) => {
      const batches = { batch: task.batch(step), metaBatch: () => task.metaBatch(step) };
      const next = optimizer.step(carry, batches, { step, seed: 1 });
      carry = next.carry;
      logged.push(next.metrics.learningRate.dataSync()[0]);
      disposeTree(next.metrics);
    });
    const values = Object.values(carry.params).map((x) => [...x.dataSync()]);
    disposeTree(carry);
    return { values, logged };
  };
  const given = await parametersAfter((step) => tf.gather(tf.tensor1d(rates), tf.cast(step, "int32")));
  const replayed = await parametersAfter(
    replay({ metrics: given.logged.map((rate, i) => ({ step: i + 1, learned: { rate } })) }),
  );
  assertEquals(replayed.logged, given.logged);
  assertEquals(replayed.values, given.values);
  task.dispose();
});

Deno.test("schedules give scalars on the device, and valueAt takes either", () => {
  tf.tidy(() => {
    const step = tf.scalar(3);
    for (
      const scheduled of [
        0.5,
        cosine({ initial: 1, steps: 9 }),
        warmUp(2, 1),
        replay({ metrics: [{ step: 1, learned: { rate: 1 } }, { step: 2, learned: { rate: 2 } }] }),
      ]
    ) {
      const value = valueAt(scheduled, step);
      assertEquals(value.shape, []);
      assertEquals(value.dtype, "float32");
    }
  });
});
