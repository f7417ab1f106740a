import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { softmax } from "../../proximal/output.ts";
import { fixedRate } from "../../optimizers/fixed_rate.ts";
import { momentum } from "../../optimizers/directions/momentum.ts";
import { defineOptimizer } from "../../optimizers/optimizer.ts";
import { mlp } from "../../models/networks/networks.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { rows } from "../../data/rows.ts";
import { trainee } from "../../bench/trainee.ts";

const problem = { model: mlp([2, 4, 2]), output: softmax() };
const xor = rows({ inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0] });

Deno.test("trainee: making B is not timed, steps and making B′ are; meta steps come when the clock says", async () => {
  await chooseBackend("cpu");
  let time = 0;
  const seen: number[] = [];
  const train: Dataset = { size: xor.size, batch: (indices) => (time += 100, xor.batch(indices)) };
  const optimizer = defineOptimizer({
    init: () => ({}),
    advance: (carry, { metaBatch }, at) => {
      seen.push(at.step);
      time += 7;
      if (at.step % 5 === 0) metaBatch();
      return { carry, metrics: { loss: tf.scalar(1) } };
    },
  });
  using contestant = trainee({
    problem,
    optimizer,
    train,
    batchSize: 2,
    blockSteps: 5,
    firstStep: 30,
    now: () => time,
  });
  assertEquals(await contestant.block(), (5 * 7 + 100) / 5);
  assertEquals(seen, [30, 31, 32, 33, 34]);
  assertEquals(await contestant.block(), (5 * 7 + 100) / 5);
  assertEquals(seen.at(-1), 39);
});

Deno.test("trainee: it trains, alike each time, and frees what it made", async () => {
  await chooseBackend("cpu");
  const before = tf.memory().numTensors;
  const run = async () => {
    const optimizer = fixedRate({ problem, direction: momentum(), learningRate: 0.1 });
    using contestant = trainee({ problem, optimizer, train: xor, batchSize: 4, blockSteps: 50 });
    const [start] = await contestant.losses(1);
    await contestant.block();
    const [end] = await contestant.losses(1);
    return [start, end];
  };
  const [start, end] = await run();
  assert(end < 0.7 * start, `the loss went from ${start} to ${end}`);
  assertEquals(await run(), [start, end]);
  assertEquals(tf.memory().numTensors, before);
});
