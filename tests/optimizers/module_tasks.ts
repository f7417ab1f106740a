/** Tiny tasks for models of every kind of layer. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, type Model, softmax } from "../../mod.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { encoderDecoder, residualNetwork, tiedSequences, tinyTransformer } from "./contract_models.ts";
import type { Task } from "./tiny_task.ts";

/** Two batches and two of B′, by turns. */
function taskOf(model: Model, make: () => Batch): Task {
  const train = [make(), make()], meta = [make(), make()];
  return {
    problem: { model, output: softmax() },
    batch: (step) => train[step % 2],
    metaBatch: (step) => meta[step % 2],
    dispose: () =>
      [...train, ...meta].forEach(({ inputs, targets, weights }) =>
        disposeTree({ ...inputs, targets, ...weights && { weights } })
      ),
  };
}

/** Stripes across, down and aslant, with noise. */
function images(seed: number, side = 8): () => Batch {
  const stream = random(seed, "images"), count = 12;
  return () => {
    const labels = Array.from({ length: count }, () => stream.integer(3)), shape = [count, side, side, 1];
    let next = 0;
    const x = randomTensor(shape, () => {
      const at = next++, row = Math.floor(at / side) % side, column = at % side;
      return Math.sin([row, column, row + column][labels[Math.floor(at / side ** 2)]] * 1.6) + 0.3 * stream.normal();
    });
    return { inputs: { x }, targets: tf.tensor1d(labels, "int32") };
  };
}

/** A model of images `[side, side, 1]` of three classes. */
export const imageTask = (model: Model, side: number): Task => taskOf(model, images(1, side));

const ENTRIES = 7;

/** Tokens whose label is another token's number; those behind a sequence's end count nothing. */
function sequences(seed: number): () => Batch {
  const stream = random(seed, "sequences"), batch = 8, time = 5;
  return () => {
    const length = Array.from({ length: batch }, () => 1 + stream.integer(time));
    const tokens = length.map((n) =>
      Array.from({ length: time }, (_, t) => t < n ? 1 + stream.integer(ENTRIES - 1) : 0)
    );
    const targets = tokens.map((row) => row.map((token) => (token * 3 + 1) % ENTRIES));
    const weights = tokens.map((row) => row.map((token) => token ? 1 : 0));
    return {
      inputs: { x: tf.tensor2d(tokens, undefined, "int32") },
      targets: tf.tensor2d(targets, undefined, "int32"),
      weights: tf.tensor2d(weights),
    };
  };
}

/** Sources of one length and targets of another, 5. */
function translations(seed: number, sourceTime = 4): () => Batch {
  const make = sequences(seed), stream = random(seed, "sources");
  return () => {
    const { inputs: { x: target }, targets, weights } = make();
    const source = tf.tidy(() => tf.cast(randomTensor([8, sourceTime], () => stream.integer(ENTRIES)), "int32"));
    return { inputs: { source, target }, targets, weights };
  };
}

/** By what they train. */
export const tasks: Readonly<Record<string, () => Task>> = {
  "a residual network": () => imageTask(residualNetwork(), 8),
  "tied sequences": () => taskOf(tiedSequences(ENTRIES, 6), sequences(2)),
  "an encoder and a decoder": () => taskOf(encoderDecoder(ENTRIES, 6), translations(3)),
  "a Transformer": () => taskOf(tinyTransformer(ENTRIES), translations(3, 9)),
};
