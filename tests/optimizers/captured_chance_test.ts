/** Captured steps with random numbers of the device: replays have those of their own time, as eager steps do. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  amortizeByProbes,
  captured,
  chanceAt,
  defineOptimizer,
  drawsOf,
  fixedRate,
  gradientStep,
  kfac,
  momentum,
  type Optimizer,
  type Problem,
  scalarRate,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { disposeTree, mapTensors } from "../../runtime/tree.ts";
import { countDispatches } from "../../runtime/webgpu/count_dispatches.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { capturingTest } from "./capturing_test_case.ts";
import { normalizedNetwork } from "./contract_models.ts";
import { reasonsOf, started, train } from "./eager_and_captured.ts";
import { clusters } from "./tiny_task.ts";

/** Gradient descent at a rate that is drawn at each step, which is a metric, too. */
const atRandom = (problem: Problem): Optimizer =>
  defineOptimizer<Record<never, never>>({
    init: () => ({}),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const rate = drawsOf(chanceAt(at), "rate").uniform([]);
      const params = mapTensors(carry.params, (x, name) => tf.sub(x, tf.mul(gradient[name], rate)));
      return { carry: { params, buffers, state: {} }, metrics: { loss, rate } };
    },
  });

const optimizers: Readonly<Record<string, (problem: Problem) => unknown>> = {
  "momentum": (problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.05 }),
  "APO": (problem) =>
    amortize({ problem, direction: momentum(), parameterization: scalarRate(), meta: { every: 3, early: 2 } }),
  "probes": (problem) => amortizeByProbes({ problem, every: 3, blockSize: 4 }),
  "the sampled Fisher matrix": (problem) => kfac({ problem, statisticsEvery: 2, inverseEvery: 4 }),
};

for (const [name, optimizerOf] of Object.entries(optimizers)) {
  capturingTest(`captured: ${name}, in a network with dropout`, async () => {
    const task = clusters(1, { model: normalizedNetwork() });
    const onHost = tf.getBackend() === "wasm" && name.includes("Fisher"); // its factors are inverted there
    const expected = onHost ? ["it reads values back from the device"] : [];
    assertEquals(await reasonsOf(task, optimizerOf as (problem: Problem) => Optimizer, 14), expected);
    task.dispose();
  });
}

webgpuTest("captured: a probe that is replayed is one submission", () => {
  const task = clusters(1);
  using optimizer = captured(amortizeByProbes({ problem: task.problem, every: 3, blockSize: 4 }) as Optimizer);
  let carry = train(optimizer, task, started(optimizer, task), 0, 9);
  const { submits } = countDispatches(() => carry = train(optimizer, task, carry, 9, 10));
  assertEquals(submits, 1);
  disposeTree(carry);
  task.dispose();
  return Promise.resolve();
});

capturingTest(
  "captured: each step has the numbers of its seed and step, those of the cpu, whatever was captured before",
  async () => {
    const times = [[0, 1], [1, 1], [2, 1], [9, 1], [2, 1], [3, 2], [4, 2], [5, 2], [6, 1], [2 ** 24 + 1, 1]];
    const task = clusters(2, { batches: 1 }), reasons: string[] = [];
    const drawn: number[] = [];
    {
      using optimizer = captured(atRandom(task.problem), { onUncaptured: ({ reason }) => reasons.push(reason) });
      let carry = started(optimizer, task);
      for (const [step, seed] of times) {
        const batches = { batch: task.batch(0), metaBatch: () => task.metaBatch(0) };
        const result = optimizer.step(carry, batches, { step, seed });
        drawn.push((await result.metrics.rate.data())[0]);
        disposeTree(result.metrics);
        carry = result.carry;
      }
      disposeTree(carry);
    }
    task.dispose();
    assertEquals(reasons, []);
    await chooseBackend("cpu");
    assertEquals(drawn, times.map(([step, seed]) => drawsOf(chanceOf(seed, step), "rate").uniform([]).dataSync()[0]));
  },
);

capturingTest("captured: dropout's masks change from step to step, in replays too", async () => {
  const task = clusters(3, { batches: 1, model: normalizedNetwork() });
  using optimizer = captured(
    fixedRate({ problem: task.problem, direction: momentum(), learningRate: 0 }) as unknown as Optimizer,
  );
  const losses: number[] = [];
  let carry = started(optimizer, task);
  for (const step of [0, 1, 2, 3, 4, 3]) {
    const result = optimizer.step(carry, { batch: task.batch(0), metaBatch: () => task.metaBatch(0) }, {
      step,
      seed: 1,
    });
    losses.push((await result.metrics.loss.data())[0]);
    disposeTree(result.metrics);
    carry = result.carry;
  }
  assertEquals(new Set(losses).size, 5);
  assertEquals(losses[5], losses[3]);
  disposeTree(carry);
  task.dispose();
});
