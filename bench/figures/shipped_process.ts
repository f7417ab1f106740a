/**
 * Trains as tfjs's tutorials do, with tfjs's own kernels: nothing here may call `chooseBackend`, which mends them. For every
 * number on its input it trains so many steps, and answers with their time and losses.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { sampler } from "../../tasks/data/sampler.ts";
import { mnist } from "../../tasks/mnist.ts";
import { BATCH, mnistMlp } from "../mnist_mlp.ts";
import { lines } from "./shipped.ts";
import { HIDDEN, RATE } from "./shipped_model.ts";

tf.env().set("IS_NODE", false);
tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // tfjs's threads do not start in Deno
if (!await tf.setBackend("wasm")) throw new Error("tfjs's wasm backend did not start");

const { train } = await mnist.load();
const order = sampler(train.size, BATCH, 0, "batch");
const { params } = mnistMlp([HIDDEN]).model.init(0);
const [kernel1, bias1, kernel2, bias2] = ["dense1/kernel", "dense1/bias", "dense2/kernel", "dense2/bias"]
  .map((name) => tf.variable(params[name]));
const optimizer = tf.train.momentum(RATE, 0.9);
let step = 0;

const loss = (x: tf.Tensor, labels: tf.Tensor): tf.Scalar => {
  const hidden = tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, kernel1 as tf.Tensor2D), bias1));
  const logits = tf.add(tf.matMul(hidden as tf.Tensor2D, kernel2 as tf.Tensor2D), bias2);
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels as tf.Tensor1D, 10), logits);
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
