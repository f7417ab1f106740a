/** The pass that KFAC's factors come from, against gradients of one example at a time. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  crossEntropy,
  inference,
  layerPass,
  mlp,
  type Model,
  type Problem,
  softmax,
  type Tensor,
  trainingMode,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { chanceOf } from "../../../runtime/chance.ts";
import { valueAndGradients } from "../../../runtime/gradients.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { normalizedNetwork } from "../contract_models.ts";
import { clusters, numbers } from "../tiny_task.ts";
import { assertClose } from "../baselines/quadratic.ts";

await chooseBackend("cpu");

const stream = random(1, "layer pass"), normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const classification = (model: Model): Problem => ({ model, output: softmax() });
const all = (tensor: Tensor) => [...tensor.dataSync()];

Deno.test("inputs and deltas make up each example's gradient, for biases of their own and homogeneous ones", () => {
  for (const bias of ["separate", "homogeneous"] as const) {
    tf.tidy(() => {
      const model = mlp([3, 4, 2], { activation: "tanh", bias }), { params } = model.init(1), count = 5;
      const problem = classification(model), x = normal([count, 3]), targets = tf.tensor1d([0, 1, 1, 0, 1], "int32");
      const { uses } = layerPass(problem, params, {}, { inputs: { x }, targets }, inference);
      assertEquals(Object.entries(uses).map(([name, { length }]) => [name, length]), [["dense1", 1], ["dense2", 1]]);
      for (let example = 0; example < count; example++) {
        const one = { inputs: { x: tf.slice(x, example, 1) }, targets: tf.slice(targets, example, 1) };
        const { gradient } = layerPass(problem, params, {}, one, inference);
        for (const layer of ["dense1", "dense2"]) {
          const [use] = uses[layer], a = tf.slice(use.inputs, example, 1);
          const delta = tf.mul(tf.slice(use.delta, example, 1), count);
          assertClose(all(tf.matMul(a, delta, true)), all(gradient[`${layer}/kernel`]));
          if (bias === "separate") assertClose(all(delta), all(gradient[`${layer}/bias`]));
        }
      }
    });
  }
});

Deno.test("loss, gradient, outputs and buffers are those of a pass without taps, in training mode, with weights", () => {
  const model = normalizedNetwork(), task = clusters(1, { model }), mode = trainingMode(chanceOf(1, 3));
  tf.tidy(() => {
    const { params, buffers } = model.init(1);
    const batch: Batch = { ...task.batch(0), weights: randomTensor([16], () => stream.uniform()) };
    const pass = layerPass(task.problem, params, buffers, batch, mode);
    const plain = valueAndGradients((at) => {
      const applied = model.apply(at, buffers, batch.inputs, mode);
      return { value: crossEntropy(applied.outputs, batch.targets, batch.weights), auxiliary: { ...applied } };
    }, params);
    assertEquals(all(pass.loss), all(plain.value));
    assertEquals(numbers(pass.gradient), numbers(plain.gradients));
    assertEquals(numbers({ outputs: pass.outputs, buffers: pass.buffers }), numbers(plain.auxiliary));
  });
  task.dispose();
});

/** One dense layer, used for both halves of the input. */
function twice(): Model {
  const half = mlp([2, 2]);
  return {
    ...half,
    apply: (params, buffers, { x }, mode) => {
      const [first, second] = tf.split(x as Tensor, 2, 1);
      const of = (part: Tensor) => half.apply(params, buffers, { x: part }, mode).outputs;
      return { outputs: tf.add(of(first), of(second)), buffers };
    },
  };
}

Deno.test("a layer that is applied twice gives both uses, which make up the gradient", () => {
  const problem = classification(twice()), { params } = problem.model.init(1);
  const x = normal([3, 4]), batch = { inputs: { x }, targets: tf.tensor1d([0, 1, 0], "int32") };
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const { uses, gradient } = layerPass(problem, params, {}, batch, inference);
    assertEquals(Object.keys(uses), ["dense1"]);
    assertEquals(uses.dense1.map(({ inputs }) => all(inputs)), tf.split(x, 2, 1).map(all));
    const both = uses.dense1.map(({ inputs, delta }) => tf.matMul(inputs, delta, true));
    assertClose(all(tf.addN(both)), all(gradient["dense1/kernel"]));
  });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a pass leaves its results alone, and where the loss throws nothing", () => {
  const problem = classification(mlp([3, 4, 2])), { params } = problem.model.init(1);
  const batch = { inputs: { x: normal([5, 3]) }, targets: tf.tensor1d([0, 1, 1, 0, 1], "int32") };
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const { uses } = layerPass(problem, params, {}, batch, inference);
    assert(Object.values(uses).flat().every(({ inputs, delta }) => !inputs.isDisposed && !delta.isDisposed));
  });
  assertEquals(tf.memory().numTensors, before);
  const failing: Problem = {
    ...problem,
    output: {
      ...problem.output,
      loss: () => {
        throw new Error("no loss");
      },
    },
  };
  assertThrows(() => tf.tidy(() => void layerPass(failing, params, {}, batch, inference)), Error, "no loss");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("with targets of the outputs' own the uses are those of their loss, the rest is J's, and nothing leaks", () => {
  const model = mlp([3, 4, 2]), problem = classification(model), before = tf.memory().numTensors;
  tf.tidy(() => {
    const { params } = model.init(1), x = normal([5, 3]), targets = tf.tensor1d([0, 1, 1, 0, 1], "int32");
    const batch = { inputs: { x }, targets }, others = tf.tensor1d([1, 1, 0, 0, 0], "int32");
    const own = { loss: crossEntropy, draw: () => others.clone() as Tensor };
    const both = layerPass(problem, params, {}, batch, inference, own);
    const plain = layerPass(problem, params, {}, batch, inference);
    const other = layerPass(problem, params, {}, { ...batch, targets: others }, inference);
    assertEquals(numbers({ loss: both.loss, ...both.gradient }), numbers({ loss: plain.loss, ...plain.gradient }));
    for (const layer of ["dense1", "dense2"]) {
      assertEquals(both.uses[layer].length, 1);
      assertEquals(all(both.uses[layer][0].delta), all(other.uses[layer][0].delta));
      assertEquals(all(both.uses[layer][0].inputs), all(other.uses[layer][0].inputs));
    }
  });
  assertEquals(tf.memory().numTensors, before);
});
