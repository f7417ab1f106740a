/** Captured optimizers: what is not captured and why, and that nothing else changes. */
import { assert, assertEquals, assertGreater, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  type Batch,
  batchNorm,
  captured,
  type Carry,
  chain,
  cosine,
  dense,
  type Direction,
  fixedRate,
  gaussian,
  gradient,
  inference,
  mlp,
  type Model,
  momentum,
  type Optimizer,
  type Problem,
  scalarRate,
  sequential,
  shampoo,
  type Tensors,
  type Uncaptured,
  weightAverage,
} from "../../../mod.ts";
import { disposeTree, mapTensors } from "../../../runtime/tree.ts";
import { flush, webgpuBackend } from "../../../runtime/webgpu/backend.ts";
import { countDispatches } from "../../../runtime/webgpu/count_dispatches.ts";
import { webgpuTest } from "../../runtime/webgpu_test_case.ts";
import { bitsOf } from "../bits.ts";
import { capturingTest } from "../capturing_test_case.ts";
import { reasonsOf, started, train, uncapturedOf } from "../eager_and_captured.ts";
import { clusters, type Task } from "../tiny_task.ts";
import { scaled } from "./scaled.ts";

const fixed = (problem: Problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.05 });

const reasonOf = async (task: Task, optimizerOf: (problem: Problem) => Optimizer): Promise<string> => {
  const uncaptured = await uncapturedOf(task, optimizerOf);
  assertEquals(uncaptured.length, 1, JSON.stringify(uncaptured));
  return uncaptured[0].reason;
};

webgpuTest("captured: a replay is one submission, and far fewer calls than the eager step makes", async () => {
  const task = clusters(1);
  using optimizer = captured(fixed(task.problem));
  let carry = train(optimizer, task, started(optimizer, task), 0, 2);
  const eager = countDispatches(() => carry = train(fixed(task.problem), task, carry, 2, 3));
  carry = train(optimizer, task, carry, 3, 4);
  const replayed = countDispatches(() => carry = train(optimizer, task, carry, 4, 5));
  assertEquals(replayed, { dispatches: eager.dispatches, submits: 1 });
  assertGreater(eager.submits, 1);
  assert(Object.values(await bitsOf(carry)).length > 0);
  disposeTree(carry);
  task.dispose();
});

capturingTest("captured: BatchNorm's buffers", async () => {
  const model = sequential([4], [dense({ units: 6 }), batchNorm(), dense({ units: 3 })]), task = clusters(2, { model });
  assertEquals(await uncapturedOf(task, fixed), []);
  task.dispose();
});

capturingTest("captured: what changes from step to step on the host is found out, and named", async () => {
  const task = clusters(3);
  let count = 0;
  assertEquals(
    await reasonOf(task, (problem) => scaled(problem, ({ step }) => 0.1 / (1 + step))),
    "it reads the step's number and declares no branches",
  );
  const uncaptured: Uncaptured[] = [];
  using counting = captured(scaled(task.problem, () => tf.scalar(++count)), {
    onUncaptured: (k) => uncaptured.push(k),
  });
  disposeTree(train(counting, task, started(counting, task), 0, 4));
  assertEquals(uncaptured, [{
    branch: "",
    reason: "the host makes numbers that change from step to step (1, then 2)",
  }]);
  assertEquals(count, 4, "each step ran once");

  const reasons: string[] = [];
  for (
    const make of [
      (n: number, loss: tf.Tensor) => tf.clipByValue(loss, 0, n), // a number that a program is given
      (n: number, loss: tf.Tensor) => n % 2 ? tf.add(loss, 1) : tf.sub(loss, 1),
      (_: number, loss: tf.Tensor) => (loss.data().catch(() => {}), loss),
    ]
  ) {
    let calls = 0;
    using one = captured(scaled(task.problem, (_, loss) => make(++calls, loss)), {
      onUncaptured: ({ reason }) => reasons.push(reason),
    });
    disposeTree(train(one, task, started(one, task), 0, 4));
  }
  const kept = tf.keep(tf.scalar(0.1)), held: tf.Tensor[] = [];
  reasons.push(await reasonOf(task, (problem) => scaled(problem, () => kept)));
  reasons.push(
    await reasonOf(task, (problem) => scaled(problem, (_, loss) => (held.push(tf.keep(tf.neg(loss))), 0.1))),
  );
  const [clip, add, sub] = tf.getBackend() === "wasm"
    ? ["ClipByValue", "Add", "Sub"]
    : ["ClipProgram", "BinaryOpProgram", "BinaryOpProgram"];
  assertEquals(reasons, [
    `the host gives ${clip} numbers that change from step to step (1, then 2)`,
    `it does other things from step to step (${add}, then ${sub})`,
    "it reads values back from the device",
    "it uses a tensor that is neither in the carry nor in its batches",
    "it keeps 1 tensor beyond its end",
  ]);
  assertEquals(held.length, 12);
  tf.dispose([kept, ...held]);
  task.dispose();
});

capturingTest(
  "captured: a direction inside that reads the step's number in silence is found out, one that declares is not",
  async () => {
    const task = clusters(4);
    const turning = (declares: boolean): Direction<Record<never, never>> => ({
      ...declares && { branch: (step: number) => step % 3 === 0 ? "up" : "down" },
      init: () => ({}),
      next: (g, state, _, at) => ({
        direction: declares ? g : mapTensors(g, (x) => at.step % 3 === 0 ? tf.mul(x, 0.5) : tf.neg(x)),
        state,
      }),
    });
    const amortized = (declares: boolean) => (problem: Problem) =>
      amortize({ problem, direction: turning(declares), parameterization: scalarRate(), meta: { every: 2, early: 1 } });
    const reason = "it reads the step's number and declares no branches"; // of early, plain and meta steps
    assertEquals(await reasonsOf(task, amortized(false)), [reason, reason, reason]);
    assertEquals(await uncapturedOf(task, amortized(true), 14), []);
    task.dispose();
  },
);

capturingTest(
  "captured: schedules go on, two captures live side by side, other steps and evaluations in between",
  async () => {
    const task = clusters(5),
      scheduled = (problem: Problem) =>
        fixedRate({ problem, direction: momentum(), learningRate: cosine({ initial: 0.1, steps: 10 }) });
    using first = captured(scheduled(task.problem));
    using second = captured(fixed(task.problem));
    let [a, b] = [started(first, task), started(second, task)];
    const [c, d] = [scheduled(task.problem), fixed(task.problem)];
    let [e, f] = [started(c, task), started(d, task)];
    for (let step = 0; step < 8; step++) {
      a = train(first, task, a, step, step + 1);
      b = train(second, task, b, step, step + 1);
      e = train(c, task, e, step, step + 1);
      f = train(d, task, f, step, step + 1);
      const outputs = (params: Tensors) =>
        tf.tidy(() => task.problem.model.apply(params, {}, task.batch(step).inputs, inference).outputs);
      const [ours, theirs] = [outputs(a.params), outputs(e.params)];
      assertEquals(await ours.data(), await theirs.data());
      tf.dispose([ours, theirs]);
      assertEquals(await bitsOf(b.params), await bitsOf(f.params));
    }
    disposeTree({ a, b, e, f });
    task.dispose();
  },
);

capturingTest("captured: batches of another shape, and back", async () => {
  const small = clusters(6, { batchSize: 5 }), large = clusters(6, { batchSize: 9 });
  const mixed: Task = {
    ...small,
    batch: (step) => (step % 3 === 2 ? large : small).batch(step),
    metaBatch: (step) => (step % 2 === 0 ? large : small).metaBatch(step),
  };
  assertEquals(await uncapturedOf(mixed, fixed, 12), []);
  const apo = (problem: Problem) =>
    amortize({ problem, direction: gradient(), parameterization: scalarRate(), meta: { every: 1 } });
  assertEquals(await uncapturedOf(mixed, apo, 15), []);
  [small, large].forEach((task) => task.dispose());
});

webgpuTest("captured: 1,000 replays take no memory, and the end gives all of it back", async () => {
  const task = clusters(7, { model: mlp([4, 3]) });
  const figures = () => {
    flush(webgpuBackend()!); // what is pending holds buffers
    const { numTensors, numDataBuffers, numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number };
    return { numTensors, numDataBuffers, numBytesInGPU };
  };
  for (let step = 0; step < 8; step++) {
    tf.dispose([tf.neg(task.batch(step).inputs.x as tf.Tensor), tf.neg(task.batch(step).targets)]);
  }
  const before = figures();
  {
    using optimizer = captured(fixed(task.problem));
    let carry = train(optimizer, task, started(optimizer, task), 0, 4);
    await carry.params["dense1/kernel"].data();
    const during = figures(), { bufferManager } = webgpuBackend()!;
    const buffers = () => (bufferManager as unknown as { numUsedBuffers: number }).numUsedBuffers;
    const used = buffers();
    carry = train(optimizer, task, carry, 4, 1004);
    await carry.params["dense1/kernel"].data();
    assertEquals(figures(), during);
    assertEquals(buffers(), used);
    disposeTree(carry);
  }
  assertEquals(figures(), before);
  task.dispose();
});

webgpuTest("captured: many shapes of batches, a bounded number of captures", async () => {
  const tasks = Array.from({ length: 20 }, (_, i) => clusters(8, { batchSize: i + 1, batches: 1, model: mlp([4, 3]) }));
  using optimizer = captured(fixed(tasks[0].problem));
  let carry = started(optimizer, tasks[0]);
  const bytes = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU;
  const after: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (const task of tasks) {
      carry = train(optimizer, task, carry, 0, 3);
      after.push(bytes());
    }
  }
  const [few, many] = [after.slice(0, 16), after.slice(16)].map((bytes) => Math.max(...bytes));
  assert(many < 1.5 * few, `${after}`);
  assertGreater((await bitsOf(carry.params))["dense1/kernel"].length, 0);
  disposeTree(carry);
  tasks.forEach((task) => task.dispose());
});

capturingTest("captured: a step that throws, eagerly or recorded, leaves the carry and tfjs as they were", async () => {
  const model = mlp([4, 6, 3]), healthy = clusters(9, { model });
  for (const failing of [1, 2]) { // the rehearsal, the recording
    let passes = 0;
    const fragile: Model = {
      ...model,
      apply: (...rest) => {
        if (passes++ === failing - 1) {
          tf.neg(rest[0]["dense1/kernel"]);
          throw new Error("interrupted");
        }
        return model.apply(...rest);
      },
    };
    const task = { ...healthy, problem: { ...healthy.problem, model: fragile } };
    using optimizer = captured(fixed(task.problem));
    let carry = train(optimizer, task, started(optimizer, task), 0, failing - 1);
    const bits = await bitsOf(carry), { numTensors } = tf.memory();
    assertThrows(() => train(optimizer, task, carry, failing - 1, failing), Error, "interrupted");
    if (failing === 2) assertEquals(tf.memory().numTensors, numTensors);
    assertEquals(await bitsOf(carry), bits);
    carry = train(optimizer, task, carry, failing - 1, 7);
    const eager = fixed(healthy.problem), other = train(eager, healthy, started(eager, healthy), 0, 7);
    assertEquals(await bitsOf(carry), await bitsOf(other));
    disposeTree({ carry, other });
  }
  healthy.dispose();
});

capturingTest("captured: what others hold of a carry does not change under them", async () => {
  const task = clusters(10);
  using optimizer = captured(fixed(task.problem));
  let carry = train(optimizer, task, started(optimizer, task), 0, 5);
  const kernel = carry.params["dense1/kernel"], held = kernel.clone(), bits = (await held.data()).slice();
  const twin = Object.fromEntries(Object.entries(carry.params).map(([name, x]) => [name, x.clone()]));
  carry = train(optimizer, task, carry, 5, 9);
  assertEquals(await held.data(), bits);
  assertNotEquals(await carry.params["dense1/kernel"].data(), bits);

  // two runs of one optimizer, and another optimizer around it
  let other: Carry = optimizer.init(twin, {});
  other = train(optimizer, task, other, 0, 3);
  const before = await bitsOf(carry);
  other = train(optimizer, task, other, 3, 6);
  assertEquals(await bitsOf(carry), before);
  const around = weightAverage(optimizer), eager = weightAverage(fixed(task.problem));
  const [ours, theirs] = [around, eager].map((one) =>
    train(one as Optimizer, task, started(one as Optimizer, task), 0, 5)
  );
  assertEquals(await bitsOf(ours), await bitsOf(theirs));
  tf.dispose(held);
  disposeTree({ carry, other, ours, theirs });
  task.dispose();
});

capturingTest("captured: batches that are still on the host, with a mask", async () => {
  const task = clusters(12, { batchSize: 6 });
  const masked = (batch: Batch): Batch => ({ ...batch, weights: tf.tensor1d([1, 0, 1, 1, 1, 0], "bool") });
  const batch = (step: number) => masked(clusters(12 + step, { batchSize: 6, batches: 1 }).batch(0));
  assertEquals(await uncapturedOf({ ...task, batch }, fixed), []);
  task.dispose();
});

capturingTest("captured: weights that were booleans on the device", async () => {
  const task = clusters(12, { batchSize: 6 });
  const batch = (step: number): Batch => {
    const batch = task.batch(step), excluded = tf.scalar(step % 2, "int32");
    return { ...batch, weights: tf.tidy(() => tf.cast(tf.notEqual(batch.targets, excluded), "float32")) };
  };
  assertEquals(await uncapturedOf({ ...task, batch }, fixed), []);
  task.dispose();
});

capturingTest("captured: an autoencoder's batch, where inputs and targets are one tensor, and B′ = B", async () => {
  const { batch, dispose } = clusters(13), model = mlp([4, 3, 4]);
  const same = (step: number): Batch => {
    const x = batch(step).inputs.x as tf.Tensor;
    return { inputs: { x }, targets: x };
  };
  const task = {
    problem: { model, output: gaussian() },
    batch: same,
    metaBatch: same,
    dispose,
  };
  const apo = (problem: Problem) =>
    amortize({ problem, direction: gradient(), parameterization: scalarRate(), meta: { every: 2, early: 0 } });
  assertEquals(await uncapturedOf(task, apo, 10), []);
  const sometimes = {
    ...task,
    batch: (step: number) => step % 3 === 0 ? { ...same(step), targets: same(step + 1).targets } : same(step),
  };
  assertEquals(await uncapturedOf(sometimes, apo, 20), []);
  dispose();
});

capturingTest("captured: branches that somebody in between does not pass on are found out", async () => {
  const task = clusters(14);
  const hidden = ({ branch: _, ...direction }: Direction): Direction => direction;
  const reason = "it takes branches that it does not declare";
  const first = tf.getBackend() === "wasm" ? "it reads values back from the device" : reason; // shampoo's roots
  const wrapped = (problem: Problem): Optimizer => {
    const apo = amortize({
      problem,
      direction: gradient(),
      parameterization: scalarRate(),
      meta: { every: 3, early: 2 },
    });
    return { init: apo.init, step: apo.step } as unknown as Optimizer;
  };
  assertEquals(await uncapturedOf(task, wrapped, 9), [{ branch: "", reason }]);
  const inside = (problem: Problem) => {
    const direction = chain(hidden(shampoo({ every: 3 }) as unknown as Direction), momentum());
    return amortize({ problem, direction, parameterization: scalarRate(), meta: { every: 2, early: 0 } });
  };
  assertEquals(await uncapturedOf(task, inside, 6), ["meta", "plain"].map((branch) => ({ branch, reason: first })));
  task.dispose();
});

capturingTest("captured: a constant that is kept in a step that was to be recorded stays usable", async () => {
  const task = clusters(15), kept: tf.Tensor[] = [];
  let calls = 0;
  const keeping = scaled(task.problem, () => {
    const constant = tf.scalar(0.25); // kept by the second step alone, whose rehearsal did not show it
    if (++calls === 2) kept.push(tf.keep(constant));
    return constant;
  });
  const reasons: string[] = [];
  using optimizer = captured(keeping, { onUncaptured: ({ reason }) => reasons.push(reason) });
  const carry = train(optimizer, task, started(optimizer, task), 0, 4);
  assertEquals(reasons, ["it keeps 1 tensor beyond its end"]);
  const doubled = tf.mul(kept[0], 2);
  assertEquals((await doubled.data())[0], 0.5);
  tf.dispose([doubled, ...kept]);
  disposeTree(carry);
  task.dispose();
});
