/** Gradients in parts are the gradients of the whole. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  batchNorm,
  captured,
  dense,
  dropout,
  fixedRate,
  gaussian,
  mlp,
  type Model,
  momentum,
  type Optimizer,
  type Problem,
  sequential,
  softmax,
  type Tensor,
  trainingMode,
  UserError,
} from "../../mod.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { lossGradients } from "../../proximal/micro_batches.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { watchedBytes } from "../../runtime/watched_bytes.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { sequenceModel } from "./contract_models.ts";
import { optimizers } from "./every_optimizer.ts";
import { clusters, numbers, start, type Task, train } from "./tiny_task.ts";

await chooseBackend("cpu");

function assertAllClose(actual: Record<string, number[]>, expected: Record<string, number[]>, tolerance: number): void {
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [path, values] of Object.entries(actual)) {
    const size = Math.max(...expected[path].map(Math.abs), 1e-3);
    values.forEach((x, i) => assertAlmostEquals(x, expected[path][i], tolerance * size, `${path} ${i}`));
  }
}

/** The task with weights, 0 among them. */
function weighted(task: Task): Task {
  const withWeights = (batch: Batch): Batch => ({
    ...batch,
    weights: tf.tensor1d(Float32Array.from({ length: 16 }, (_, i) => (i * 7) % 5)),
  });
  return {
    ...task,
    batch: (step) => withWeights(task.batch(step)),
    metaBatch: (step) => withWeights(task.metaBatch(step)),
  };
}

/** In the eigenbasis of a gradient of low rank SOAP divides rounding by rounding: a start that is off by 1e-7 changes as much. */
const sensitive = /soap/;

for (const [name, optimizerOf] of Object.entries(optimizers)) {
  Deno.test(`micro-batches: ${name} takes the steps of whole batches`, async () => {
    for (const task of [clusters(5), weighted(clusters(5))]) {
      const parted = { ...task, problem: { ...task.problem, microBatchSize: 5 } }; // 16 rows: 5, 5, 5, 1
      const [whole, parts] = await Promise.all([task, parted].map(async (task) => {
        const optimizer = optimizerOf(task.problem);
        const { carry, losses } = train(optimizer, task, await start(optimizer, task), { to: 3 });
        const found = { ...numbers({ params: carry.params }), losses };
        disposeTree(carry);
        return found;
      }));
      assertAllClose(parts, whole, sensitive.test(name) ? 0.2 : 2e-3);
      task.dispose();
    }
  });
}

Deno.test("micro-batches: sequences weigh by their positions, and a batch of one part keeps its bits", () => {
  const stream = random(4, "sequences"), x = randomTensor([7, 3, 2], () => stream.normal());
  const targets = tf.tensor2d(Array.from({ length: 7 }, (_, i) => [i % 4, (i + 1) % 4, (i + 2) % 4]), [7, 3], "int32");
  const weights = tf.tensor2d(Array.from({ length: 7 }, (_, i) => [1, i % 2, i === 2 ? 5 : 0]), [7, 3], "int32");
  const problem: Problem = { model: sequenceModel(2, 4), output: softmax() };
  const { params, buffers } = problem.model.init(0);
  const of = (microBatchSize?: number) =>
    tf.tidy(() => {
      const on = { ...problem, microBatchSize };
      const { loss, gradients } = lossGradients(
        on,
        params,
        buffers,
        { inputs: { x }, targets, weights },
        trainingMode(chanceOf(0, 0)),
      );
      return numbers({ loss, gradients });
    });
  for (const size of [1, 2, 3, 6]) assertAllClose(of(size), of(), 1e-5);
  assertEquals(of(7), of());
});

Deno.test("micro-batches: buffers go from one to the next, and each has random numbers of its own", () => {
  const model = sequential([2], [batchNorm({ momentum: 0.5 }), dense({ units: 1 })]),
    { params, buffers } = model.init(0);
  const x = tf.tensor2d([[1, 0], [3, 0], [10, 4], [20, 8]]), targets = tf.zeros([4, 1]);
  const problem: Problem = { model, output: gaussian(), microBatchSize: 2 };
  tf.tidy(() => {
    const after =
      lossGradients(problem, params, buffers, { inputs: { x }, targets }, trainingMode(chanceOf(0, 0))).buffers;
    const mean = Object.entries(numbers(after)).find(([path]) => path.endsWith("mean"))![1];
    assertEquals(mean, [0.25 * 2 + 0.5 * 15, 0.5 * 6]); // of rows 0 and 1: (2, 0), of rows 2 and 3: (15, 6)
  });

  const drops = sequential([40], [dropout(0.5), dense({ units: 1 })]), seen: string[] = [];
  const watching: Model = {
    ...drops,
    apply: (theta, buffers, inputs, mode) =>
      drops.apply(theta, buffers, inputs, {
        ...mode,
        random: (name) => {
          seen.push(`${mode.random(name).uniform([2]).dataSync()}`);
          return mode.random(name);
        },
      }),
  };
  const ones = { inputs: { x: tf.ones([6, 40]) }, targets: tf.zeros([6, 1]) };
  tf.tidy(() => {
    const on: Problem = { ...problem, model: watching };
    lossGradients(on, drops.init(0).params, {}, ones, trainingMode(chanceOf(0, 3)));
    assertEquals(new Set(seen).size, 3);
    const first = seen.splice(0);
    lossGradients(on, drops.init(0).params, {}, ones, trainingMode(chanceOf(0, 3)));
    assertEquals(seen, first, "a function of seed and step");
    lossGradients(on, drops.init(0).params, {}, ones, trainingMode(chanceOf(0, 4)));
    assertNotEquals(seen.slice(3), first);
  });
});

Deno.test("micro-batches: the activations of a large batch never are in memory at once", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    const peak = (microBatchSize?: number): number => {
      const problem: Problem = { model: mlp([4, 256, 256, 3]), output: softmax(), microBatchSize };
      const optimizer = fixedRate({ problem, direction: momentum(), learningRate: 0.1 }) as unknown as Optimizer;
      const { params, buffers } = problem.model.init(0), carry = optimizer.init(params, buffers);
      const batch: Batch = { inputs: { x: tf.ones([4096, 4]) }, targets: tf.zeros([4096], "int32") };
      using bytes = watchedBytes();
      disposeTree(optimizer.step(carry, { batch, metaBatch: () => batch }, { step: 0, seed: 0 }));
      disposeTree({ ...batch.inputs, targets: batch.targets });
      return bytes.peak;
    };
    const whole = peak(), parts = peak(128), model = 4 * (4 * 256 + 256 * 256 + 3 * 256);
    assert(whole > 4 * 4096 * 256 * 4 && parts < whole / 8 + 8 * model, `${backend}: ${whole}, ${parts}`);
  }
  await chooseBackend("cpu");
});

Deno.test("micro-batches: sizes that cannot be, and tensors without a row for each target, are refused", () => {
  const task = clusters(1), { params, buffers } = task.problem.model.init(0);
  const on = (microBatchSize: number, batch = task.batch(0)) => () =>
    tf.tidy(() =>
      lossGradients({ ...task.problem, microBatchSize }, params, buffers, batch, trainingMode(chanceOf(0, 0)))
    );
  for (const size of [0, -1, 2.5, NaN]) assertThrows(on(size), UserError, `microBatchSize is ${size}`);
  const shared = { ...task.batch(0), inputs: { ...task.batch(0).inputs, table: tf.zeros([3, 2]) } };
  assertThrows(on(4, shared), UserError, "inputs.table has the shape [3,2]");
  on(16, shared)();
});

webgpuTest("micro-batches: captured steps have the bits of eager ones, and the values of whole batches", async () => {
  const bits = async (optimizer: Optimizer, task: Task) => {
    const { params, buffers } = task.problem.model.init(1);
    let carry = optimizer.init(params, buffers);
    for (let step = 0; step < 6; step++) {
      const result = optimizer.step(carry, { batch: task.batch(step), metaBatch: () => task.metaBatch(step) }, {
        step,
        seed: 1,
      });
      disposeTree(result.metrics);
      carry = result.carry;
    }
    const found = await Promise.all(Object.values(carry.params).map((tensor) => tensor.data()));
    disposeTree(carry);
    return Object.fromEntries(found.map((values, i) => [i, [...values]]));
  };
  for (const name of ["fixedRate(adam)", "amortize(momentum, scalarRate, default)"]) {
    const task = clusters(11),
      parted = { ...task, problem: { ...task.problem, microBatchSize: 6 } },
      reasons: string[] = [];
    using optimizer = captured(optimizers[name](parted.problem), {
      onUncaptured: ({ reason }) => reasons.push(reason),
    });
    const found = await bits(optimizer, parted);
    assertEquals(reasons, []);
    assertEquals(found, await bits(optimizers[name](parted.problem), parted));
    assertAllClose(found, await bits(optimizers[name](task.problem), task), 1e-3);
    task.dispose();
  }
});

Deno.test("micro-batches: one without weight adds nothing, though a mean of one's own is then NaN", async () => {
  await chooseBackend("cpu");
  const loss = (outputs: Tensor, targets: Tensor, weights?: Tensor): Tensor => {
    const errors = tf.sum(tf.square(tf.sub(outputs, targets)), -1);
    return tf.div(tf.sum(tf.mul(errors, weights!)), tf.sum(weights!));
  };
  const model = mlp([1, 1]), { params, buffers } = model.init(0);
  const x = tf.tensor2d([[1], [2], [3], [4]]), targets = tf.zeros([4, 1]), weights = tf.tensor1d([1, 1, 0, 0]);
  const of = (microBatchSize?: number) =>
    tf.tidy(() => {
      const on = { model, output: { loss, discrepancy: loss }, microBatchSize };
      const mode = trainingMode(chanceOf(0, 0));
      const { loss: value, gradients } = lossGradients(on, params, buffers, { inputs: { x }, targets, weights }, mode);
      return numbers({ value, gradients });
    });
  assertAllClose(of(2), of(), 1e-5);
});
