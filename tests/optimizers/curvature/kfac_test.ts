/** KFAC's schedule of statistics and inverses, its trust region, what it falls back to, and what it refuses. */
import { assert, assertAlmostEquals, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type Batch, gaussian, kfac, type KfacOptions, kl, mlp, squaredError } from "../../../mod.ts";
import { gradientStep } from "../../../optimizers/gradient_step.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { disposeTree, innerProduct, mapTensors } from "../../../runtime/tree.ts";
import { identityModel } from "../contract_models.ts";
import { clusters, numbers, start, type Task, train } from "../tiny_task.ts";

await chooseBackend("cpu");

const model = mlp([4, 6, 3], { activation: "tanh" });

Deno.test("statistics and inverses are made at their multiples, and stay to the bit between them", async () => {
  for (const fisher of ["sampled", "empirical"] as const) {
    const task = clusters(1, { model }), statisticsEvery = 3, inverseEvery = 4;
    const optimizer = kfac({ problem: task.problem, statisticsEvery, inverseEvery, fisher });
    let carry = await start(optimizer, task);
    for (let step = 0; step < 13; step++) {
      const before = numbers(carry.state.rule);
      carry = train(optimizer, task, carry, { from: step, to: step + 1 }).carry;
      const after = numbers(carry.state.rule);
      const changed = (prefix: string) =>
        Object.keys(after).filter((path) => path.startsWith(prefix)).map((path) =>
          after[path].some((x, i) => x !== before[path][i])
        );
      const renewed = step % statisticsEvery === 0, inverted = step % inverseEvery === 0;
      assertEquals(changed("factors."), Array(4).fill(renewed), `step ${step}`);
      // at step 4 the factors are those of step 3
      assertEquals(changed("inverses."), Array(4).fill(inverted), `step ${step}`);
      assertEquals(changed("velocity."), Array(4).fill(true));
    }
    disposeTree(carry);
    task.dispose();
  }
});

Deno.test("statistics need no pass forward of their own: the model is applied once a step", async () => {
  const task = clusters(2, { model });
  let passes = 0;
  const counting: Task["problem"] = {
    ...task.problem,
    model: { ...model, apply: (...all) => (passes++, model.apply(...all)) },
  };
  const made = async (fisher: "sampled" | "empirical") => {
    passes = 0;
    const optimizer = kfac({ problem: counting, statisticsEvery: 5, fisher });
    disposeTree(train(optimizer, task, await start(optimizer, task), { to: 10 }).carry);
    return passes;
  };
  assertEquals([await made("empirical"), await made("sampled")], [10, 10]);
  task.dispose();
});

/** ν and gᵀU of a first step. */
async function firstStep(task: Task, options: Partial<KfacOptions>): Promise<{ rate: number; promised: number }> {
  const optimizer = kfac({ problem: task.problem, momentum: 0, fisher: "empirical", ...options });
  const carry = await start(optimizer, task), clock = { step: 0, seed: 1 };
  const { gradient, before } = tf.tidy(() => ({
    gradient: gradientStep(task.problem, carry, task.batch(0), clock).gradient,
    before: mapTensors(carry.params, (x) => x.clone()),
  }));
  const { carry: after, metrics } = train(optimizer, task, carry, { to: 1 });
  const along = tf.tidy(() =>
    innerProduct(gradient, mapTensors(before, (x, name) => tf.sub(x, after.params[name]))).dataSync()[0]
  );
  for (const tree of [gradient, before, after]) disposeTree(tree);
  return { rate: metrics.learningRate, promised: along / metrics.learningRate };
}

Deno.test("the trust region: ν² gᵀU is κ, or less where ν would be beyond 1; η multiplies ν", async () => {
  const task = clusters(3, { model });
  for (const trustRegion of [1e-6, 1e-5, 1e-4]) {
    const { rate, promised } = await firstStep(task, { trustRegion });
    assertAlmostEquals(rate ** 2 * promised / trustRegion, 1, 1e-3);
  }
  const [small, large] = [
    await firstStep(task, { trustRegion: 1e-5 }),
    await firstStep(task, { trustRegion: 4e-5, learningRate: 0.25 }),
  ];
  assertAlmostEquals(large.rate / small.rate, 0.5, 1e-3);
  const whole = await firstStep(task, { trustRegion: 100, learningRate: 0.25 });
  assertEquals(whole.rate, 0.25);
  assertLess((whole.rate / 0.25) ** 2 * whole.promised, 100);
  task.dispose();
});

Deno.test("the trust region bounds how far the outputs move: 2 KL is near κ for a small one", async () => {
  const task = clusters(4, { model, batches: 1, batchSize: 64, spread: 1.5 }), trustRegion = 1e-4;
  // the sampled Fisher matrix, without much damping, is the curvature of the KL divergence
  const options = { trustRegion, damping: 1e-3, momentum: 0, factorDecay: 0.99, statisticsEvery: 1, inverseEvery: 1 };
  const optimizer = kfac({ problem: task.problem, ...options });
  const outputs = (params: Record<string, tf.Tensor>) => model.apply(params, {}, task.batch(0).inputs, {} as never);
  let carry = await start(optimizer, task);
  for (let step = 0; step < 40; step++) {
    const before = tf.tidy(() => outputs(carry.params).outputs);
    carry = train(optimizer, task, carry, { from: step, to: step + 1 }).carry;
    const moved = tf.tidy(() => kl(outputs(carry.params).outputs, before).dataSync()[0]);
    if (step > 20) assert(2 * moved > 0.2 * trustRegion && 2 * moved < 3 * trustRegion, `${2 * moved}`);
    before.dispose();
  }
  disposeTree(carry);
  task.dispose();
});

/** Inputs so large and alike that float32 does not see the damping: A has rank 1. */
const singular = ({ targets }: Batch): Batch => ({ inputs: { x: tf.fill([16, 4], 1000) }, targets });

Deno.test("where a damped factor is not positive definite in float32, the inverses before it stay, and it is counted", async () => {
  const linear = mlp([4, 3], { bias: "none" }), task = clusters(5, { model: linear });
  const options = { damping: 1e-14, factorDecay: 0, statisticsEvery: 1, inverseEvery: 1, fisher: "empirical" as const };
  const optimizer = kfac({ problem: task.problem, ...options, momentum: 0, trustRegion: 1e-6 });
  const spoilt = { ...task, batch: (step: number) => step === 1 ? bad : task.batch(step) },
    bad = singular(task.batch(1));
  let carry = await start(optimizer, task);
  const inverses: Record<string, number[]>[] = [], failures: number[] = [];
  for (let step = 0; step < 3; step++) {
    const next = train(optimizer, spoilt, carry, { from: step, to: step + 1 });
    carry = next.carry;
    inverses.push(numbers(carry.state.rule.inverses));
    failures.push(next.metrics.inverseFailures);
    assertEquals(next.metrics.refused, 0);
  }
  // with labels that one pass decides, B of 3 classes has rank 2: only A is spoilt at step 1
  assertEquals(failures, [0, 1, 1]);
  assertEquals(inverses[1], inverses[0]);
  assertNotEquals(inverses[2], inverses[1]);
  assert(Object.values(numbers(carry)).flat().every(Number.isFinite));
  disposeTree(carry);
  tf.dispose(bad.inputs);
  task.dispose();
});

Deno.test("a refused first step: it goes on from the identity, and makes statistics when they are due", async () => {
  const task = clusters(6, { model }), x = tf.fill([16, 4], NaN);
  const optimizer = kfac({ problem: task.problem, statisticsEvery: 4, inverseEvery: 2 });
  const spoilt = { ...task, batch: (step: number) => step ? task.batch(step) : { ...task.batch(0), inputs: { x } } };
  const { carry, losses, metrics } = train(optimizer, spoilt, await start(optimizer, task), { to: 40 });
  assertEquals(metrics.refused, 1);
  assertEquals(metrics.inverseFailures, 1); // at step 2 there are no factors yet
  assertLess(losses[39], 0.5 * losses[1]);
  disposeTree(carry);
  x.dispose();
  task.dispose();
});

Deno.test("a kernel of no map, and a map of which no use is reported, are refused by name, and nothing leaks", async () => {
  const alone = { model: identityModel([1, 2]), output: gaussian() };
  assertThrows(() => kfac({ problem: alone }), UserError, 'the kernel "w" belongs to no linear map');
  const problem = { ...alone, model: { ...alone.model, maps: [{ name: "map", kernel: "w" }] } };
  const batch = { inputs: {}, targets: tf.tensor2d([[0, 0]]) }, optimizer = kfac({ problem });
  const task = { problem, batch: () => batch, metaBatch: () => batch, dispose: () => {} };
  const carry = await start(optimizer, task), before = tf.memory().numTensors;
  assertThrows(() => train(optimizer, task, carry, { to: 1 }), UserError, 'no use of the linear map "map" is reported');
  assertEquals(tf.memory().numTensors, before);
  assert(Object.values(carry.params).every((x) => !x.isDisposed));
  disposeTree(carry);
});

Deno.test("bad arguments are named with their value", () => {
  const { problem } = clusters(7),
    throws = (options: Partial<KfacOptions>, message: string) =>
      assertThrows(() => kfac({ problem, ...options }), UserError, message);
  throws({ learningRate: -1 }, "learningRate is -1");
  throws({ trustRegion: 0 }, "trustRegion is 0");
  throws({ damping: NaN }, "damping is NaN");
  throws({ momentum: 1 }, "momentum is 1");
  throws({ factorDecay: -0.1 }, "factorDecay is -0.1");
  throws({ statisticsEvery: 0 }, "statisticsEvery is 0");
  throws({ inverseEvery: 2.5 }, "inverseEvery is 2.5");
  const unknown = { ...problem, output: { loss: squaredError, discrepancy: kl } };
  throws({ problem: unknown }, 'fisher is "sampled", which needs problem.output.likelihood');
  kfac({ problem: unknown, fisher: "empirical" });
});
