/** Captured steps that draw random numbers on the host: replays are given new ones, made as an eager step makes them. */
import { assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortizeByProbes,
  captured,
  defineOptimizer,
  type Draw,
  drawnBy,
  gradientStep,
  type Optimizer,
  type Problem,
  type StepClock,
} from "../../../mod.ts";
import { random } from "../../../runtime/random.ts";
import { disposeTree, mapTensors } from "../../../runtime/tree.ts";
import { countDispatches } from "../../../runtime/webgpu/count_dispatches.ts";
import { webgpuTest } from "../../runtime/webgpu_test_case.ts";
import { bitsOf } from "../bits.ts";
import { reasonsOf, started, train } from "../eager_and_captured.ts";
import { clusters } from "../tiny_task.ts";

const draw = ({ seed, step }: StepClock) => ({ factor: tf.scalar(random(seed, `test/${step}`).uniform()) });

/** Gradient descent at rates that are drawn, so many a step as the test says. */
const atRandom = (problem: Problem, times: () => number, by = (): Draw => draw): Optimizer =>
  defineOptimizer<Record<never, never>>({
    init: () => ({}),
    advance: (carry, { batch }, at) => {
      const { loss, gradient, buffers } = gradientStep(problem, carry, batch, at);
      const rates = Array.from({ length: times() }, () => drawnBy(by(), at).factor);
      const rate = rates.reduce((product: tf.Tensor, x) => tf.mul(product, x), tf.scalar(0.1));
      const params = mapTensors(carry.params, (x, name) => tf.sub(x, tf.mul(gradient[name], rate)));
      return { carry: { params, buffers, state: {} }, metrics: { loss } };
    },
  });

webgpuTest("captured: probes are replayed, with signs of their own", async () => {
  const task = clusters(1),
    make = (problem: Problem) => amortizeByProbes({ problem, every: 3, blockSize: 4 });
  assertEquals(await reasonsOf(task, make as (problem: Problem) => Optimizer, 14), []);
  using optimizer = captured(make(task.problem) as Optimizer);
  let carry = train(optimizer, task, started(optimizer, task), 0, 9);
  const { submits } = countDispatches(() => carry = train(optimizer, task, carry, 9, 10)); // a probe
  assertEquals(submits, 1);
  disposeTree(carry);
  task.dispose();
});

webgpuTest("captured: another seed or step draws other numbers, in replays too", async () => {
  const task = clusters(2, { batches: 1 });
  using optimizer = captured(atRandom(task.problem, () => 1));
  const after: Uint8Array[] = [];
  for (const [step, seed] of [[5, 1], [6, 1], [5, 2], [5, 1]]) {
    const carry = train(optimizer, task, started(optimizer, task), 0, 3);
    const next = train(optimizer, task, carry, step, step + 1, seed);
    after.push(Object.values(await bitsOf(next.params))[0]);
    disposeTree(next);
  }
  assertNotEquals(after[0], after[1]);
  assertNotEquals(after[0], after[2]);
  assertEquals(after[0], after[3]);
  task.dispose();
});

webgpuTest(
  "captured: who draws twice, now and then without saying so, or by other functions, is not captured",
  async () => {
    const task = clusters(3);
    assertEquals(await reasonsOf(task, (problem) => atRandom(problem, () => 1), 6), []);
    const twice = (problem: Problem) => atRandom(problem, () => 2);
    assertEquals(await reasonsOf(task, twice, 4), ["it draws random numbers more than once"]);
    const later = (problem: Problem) => {
      let steps = 0;
      return atRandom(problem, () => steps++ === 0 ? 0 : 1);
    };
    assertEquals(await reasonsOf(task, later, 4), ["it draws random numbers at some of its steps"]);
    const changing = (problem: Problem) => {
      let steps = 0;
      return atRandom(problem, () => 1, () => {
        const count = steps++;
        return () => ({ factor: tf.scalar(count) });
      });
    };
    assertEquals(await reasonsOf(task, changing, 4), ["it draws random numbers by another function"]);
    task.dispose();
  },
);
