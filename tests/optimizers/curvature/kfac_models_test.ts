/** KFAC trains networks of every kind that there is. */
import { assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  autoencoder,
  type Batch,
  bernoulli,
  conv2d,
  convNet,
  dense,
  flatten,
  gaussian,
  kfac,
  mlp,
  type Model,
  type Output,
  sequential,
  softmax,
  type Tensor,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { bagOfWords, normalizedNetwork, sequenceModel } from "../contract_models.ts";
import { clusters, start, tail, type Task, train } from "../tiny_task.ts";

await chooseBackend("wasm");

const stream = random(1, "kfac models"), uniform = (shape: number[]) => randomTensor(shape, () => stream.uniform());
const labels = (count: number, classes: number): Tensor =>
  tf.tensor1d(Array.from({ length: count }, (_, i) => i % classes), "int32");

const one = (model: Model, batch: Batch, output: Output = softmax()): Task => ({
  problem: { model, output },
  batch: () => batch,
  metaBatch: () => batch,
  dispose: () => disposeTree({ ...batch.inputs, targets: batch.targets, ...batch.weights && { w: batch.weights } }),
});

const strided = () =>
  sequential([8, 8, 1], [
    conv2d({ filters: 4, window: 2, stride: 2, padding: "valid", activation: "tanh", bias: "none" }),
    conv2d({ filters: 4, window: [3, 2], stride: 1, activation: "tanh" }),
    flatten(),
    dense({ units: 3, bias: "homogeneous" }),
  ]);

const tasks: Readonly<Record<string, () => Task>> = {
  "an MLP with biases of its own": () => clusters(1),
  "an MLP with homogeneous biases": () => clusters(1, { model: mlp([4, 6, 3], { bias: "homogeneous" }) }),
  "an MLP without biases": () => clusters(1, { model: mlp([4, 6, 3], { bias: "none" }) }),
  "a network with BatchNorm and dropout": () => clusters(3, { model: normalizedNetwork(), batchSize: 32 }),
  "a convolutional network": () => one(convNet(8, 3), { inputs: { x: uniform([12, 64]) }, targets: labels(12, 3) }),
  "strided convolutions of even windows": () =>
    one(strided(), { inputs: { x: uniform([12, 8, 8, 1]) }, targets: labels(12, 3) }),
  "an autoencoder of bits": () => {
    const x = tf.tidy(() => tf.cast(tf.greater(uniform([16, 8]), 0.5), "float32"));
    return one(autoencoder([8, 10, 4]), { inputs: { x }, targets: x.clone() }, bernoulli());
  },
  "a regression": () => {
    const x = uniform([16, 4]), targets = tf.tidy(() => tf.sin(tf.mul(tf.slice(x, [0, 0], [16, 2]), 6)));
    return one(mlp([4, 16, 2], { activation: "tanh" }), { inputs: { x }, targets }, gaussian());
  },
  "sequences with masks": () =>
    one(sequenceModel(3, 2), {
      inputs: { x: uniform([6, 4, 3]) },
      targets: tf.tidy(() => tf.reshape(labels(24, 2), [6, 4])),
      weights: tf.tidy(() => tf.cast(tf.greater(uniform([6, 4]), 0.4), "float32")),
    }),
  "a bag of words, whose embedding has no factor": () => {
    const words = tf.tidy(() => tf.cast(tf.mul(uniform([8, 3]), 20), "int32"));
    return one(bagOfWords(20, 4, 3, "gather"), { inputs: { words }, targets: labels(8, 3) });
  },
};

for (const [what, taskOf] of Object.entries(tasks)) {
  Deno.test(`kfac trains ${what}`, async () => {
    const before = tf.memory().numTensors, task = taskOf();
    for (const fisher of ["sampled", "empirical"] as const) {
      const optimizer = kfac({ problem: task.problem, fisher });
      const { carry, losses, metrics } = train(optimizer, task, await start(optimizer, task), { to: 80 });
      assertLess(tail(losses, 8), 0.5 * losses[0], fisher);
      assertEquals([metrics.refused, metrics.inverseFailures], [0, 0]);
      disposeTree(carry);
    }
    task.dispose();
    assertEquals(tf.memory().numTensors, before);
  });
}
