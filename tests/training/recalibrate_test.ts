/** Running statistics of what is scored and published. */
import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import {
  batchNorm,
  chooseBackend,
  dense,
  dropout,
  type FinishedEvent,
  fit,
  type FitEvent,
  fixedRate,
  gaussian,
  gradient,
  type Module,
  network,
  type Optimizer,
  rows,
  sequential,
  type Tensors,
  weightAverage,
} from "../../mod.ts";
import { random } from "../../runtime/random.ts";
import { sampler } from "../../data/sampler.ts";
import { recalibrated, RECALIBRATION_BATCHES } from "../../training/recalibrate.ts";

await chooseBackend("cpu");

const stream = random(1, "recalibrate"), SIZE = 60, BATCH = 12;
const inputs = Array.from({ length: SIZE }, () => [stream.normal() + 3, 2 * stream.normal()]);
const data = { train: rows({ inputs, targets: inputs.map(([a, b]) => [a - b]) }) };
const model = sequential([2], [
  dense({ units: 3, bias: "none" }),
  batchNorm({ momentum: 0.05 }),
  dropout(0.5),
  dense({ units: 1 }),
]);
const problem = { model, output: gaussian() };
const base = fixedRate({ problem, direction: gradient(), learningRate: 0.05 });

async function eventsOf(optimizer: Optimizer, resume?: Extract<FitEvent, { kind: "checkpoint" }>): Promise<FitEvent[]> {
  const options = { problem, optimizer, data, steps: 40, batchSize: BATCH, checkpointEvery: 15, seed: 3, resume };
  return await Array.fromAsync(fit(options));
}
const finished = (events: FitEvent[]) => events.at(-1) as FinishedEvent;

Deno.test("an average's running statistics are those of its own activations, over 20 training batches, without dropout", async () => {
  const events = await eventsOf(weightAverage(base, { decay: 0.9 }) as unknown as Optimizer);
  const { trained, recalibrated } = finished(events);
  assertEquals(recalibrated, RECALIBRATION_BATCHES);
  const kernel = trained["params.dense1/kernel"].data, order = sampler(SIZE, BATCH, 3, "recalibration");
  for (let unit = 0; unit < 3; unit++) {
    let mean = 0, variance = 0;
    for (let i = 0; i < RECALIBRATION_BATCHES; i++) {
      const z = [...order.indices(i)].map((row) => inputs[row][0] * kernel[unit] + inputs[row][1] * kernel[3 + unit]);
      const centre = z.reduce((sum, x) => sum + x, 0) / BATCH;
      mean += centre / RECALIBRATION_BATCHES;
      variance += z.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (BATCH - 1) / RECALIBRATION_BATCHES;
    }
    assertAlmostEquals(trained["buffers.batchNorm1/mean"].data[unit], mean, 1e-4);
    assertAlmostEquals(trained["buffers.batchNorm1/variance"].data[unit], variance, 1e-3 * variance);
  }
});

Deno.test("a checkpoint holds the recalibrated buffers beside the carry, and training goes on from any to the same end", async () => {
  const optimizer = () => weightAverage(base, { decay: 0.9 }) as unknown as Optimizer;
  const events = await eventsOf(optimizer()), checkpoints = events.filter((event) => event.kind === "checkpoint");
  const { trained } = finished(events), last = checkpoints.at(-1)!.arrays;
  assertEquals(last["published.buffers.batchNorm1/mean"], trained["buffers.batchNorm1/mean"]);
  assert("published.buffers.batchNorm1/mean" in checkpoints[0].arrays);
  for (const checkpoint of [checkpoints[0], checkpoints.at(-1)!]) {
    const again = finished(await eventsOf(optimizer(), checkpoint));
    assertEquals([again.trained, again.train], [trained, finished(events).train]);
  }
});

Deno.test("what is trained itself is published with statistics of its own, too, and trains with its running ones", async () => {
  const events = await eventsOf(base as unknown as Optimizer), { trained, recalibrated } = finished(events);
  assertEquals(recalibrated, RECALIBRATION_BATCHES);
  const last = events.findLast((event) => event.kind === "checkpoint")!.arrays;
  assertEquals(trained["buffers.batchNorm1/mean"], last["published.buffers.batchNorm1/mean"]);
  assertNotEquals(trained["buffers.batchNorm1/mean"], last["buffers.batchNorm1/mean"]);
});

Deno.test("buffers that are no statistics stay, and no batch is spent on them", () => {
  const masked: Module = {
    kind: "masked",
    build: (site, input) => {
      const mask = site.buffer("mask", () => tf.tensor1d([1, 0]));
      return { output: input, apply: (pass, x) => tf.mul(x, pass.buffer(mask)) };
    },
  };
  const model = network(masked, [2]), { params, buffers } = model.init(0);
  let read = 0;
  const batch = () => (read++, { inputs: { x: tf.zeros([2, 2]) }, targets: tf.zeros([2, 2]) });
  const before = tf.memory().numTensors;
  {
    using after = recalibrated(model, { params, buffers }, { size: 2, batch }, { indices: () => new Uint32Array(2) });
    assertEquals([...(after.buffers as Tensors).mask.dataSync()], [1, 0]);
    assertEquals([after.batches, read], [0, 1]);
  }
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a part that is used twice in a pass is recalibrated to the plain mean of both uses", () => {
  const twice: Module = {
    kind: "twice",
    build: (site, input) => {
      const norm = site.child("norm", batchNorm(), input);
      return { output: input, apply: (pass, x) => tf.add(norm.apply(pass, x), norm.apply(pass, tf.add(x, 10))) };
    },
  };
  const used = network(twice, [1]), { params, buffers } = used.init(0);
  const train = { size: 2, batch: () => ({ inputs: { x: tf.tensor2d([[0], [1]]) }, targets: tf.zeros([2, 1]) }) };
  const order = { indices: () => new Uint32Array([0, 1]) };
  const after = recalibrated(used, { params, buffers }, train, order).buffers as Tensors;
  assertAlmostEquals(after["norm/mean"].dataSync()[0], 5.5, 1e-5);
});
