/**
 * Trains as tfjs's tutorials do, with tfjs's own kernels: nothing here may call `chooseBackend`, which mends them. Arguments: the
 * model's and the update's name. For every number on its input it trains so many steps, and answers with their time and losses.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { sampler } from "../../data/sampler.ts";
import { type PeerModel, type PeerModelName, peerModels, type PeerUpdate, RATES } from "../peers/models.ts";
import { lines } from "../peers/process.ts";

const [name, update] = Deno.args as [PeerModelName, PeerUpdate];
tf.env().set("IS_NODE", false);
tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // tfjs's threads do not start in Deno
if (!await tf.setBackend("wasm")) throw new Error("tfjs's wasm backend did not start");

const { task, problem, batchSize, activations, classes }: PeerModel = peerModels[name];
const { train } = await task.load();
const order = sampler(train.size, batchSize, 0);
const { params } = problem.model.init(0);
const layers = activations.map((activation, i) => ({
  kernel: tf.variable(params[`dense${i + 1}/kernel`]) as tf.Variable<tf.Rank.R2>,
  bias: tf.variable(params[`dense${i + 1}/bias`]),
  activation,
}));
const optimizer = update === "adam" ? tf.train.adam(RATES.adam) : tf.train.momentum(RATES.momentum, 0.9);
const units = { relu: tf.relu, tanh: tf.tanh, linear: (x: tf.Tensor) => x } as Readonly<
  Record<string, (x: tf.Tensor) => tf.Tensor>
>;
let step = 0;

const loss = (x: tf.Tensor, targets: tf.Tensor): tf.Scalar => {
  const outputs = layers.reduce(
    (input, { kernel, bias, activation }) => units[activation](tf.add(tf.matMul(input as tf.Tensor2D, kernel), bias)),
    x,
  );
  if (classes === undefined) return tf.mul(tf.losses.sigmoidCrossEntropy(targets, outputs), targets.shape[1]!);
  return tf.losses.softmaxCrossEntropy(tf.oneHot(targets as tf.Tensor1D, classes), outputs);
};

for await (const line of lines(Deno.stdin.readable)) {
  const batches = Array.from({ length: Number(line) }, () => train.batch(order.indices(step++)));
  const begin = performance.now();
  const costs = batches.map(({ inputs, targets }) =>
    optimizer.minimize(() => loss(inputs.x as tf.Tensor, targets), true)!
  );
  await costs[costs.length - 1].data();
  const milliseconds = performance.now() - begin;
  const losses = costs.map((cost) => cost.dataSync()[0]);
  tf.dispose([...costs, ...batches.flatMap(({ inputs, targets }) => [inputs.x as tf.Tensor, targets])]);
  console.log(JSON.stringify({ milliseconds, losses }));
}
