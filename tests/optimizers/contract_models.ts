/** Tiny layers and models that the library does not have, made of its public interfaces alone. */
import * as tf from "@tensorflow/tfjs";
import { dense, type Layer, type Model, sequential, type Tensor } from "../../mod.ts";

/** Normalizes each feature over the batch; keeps running statistics for inference. */
export function batchNorm(decay = 0.9): Layer {
  return {
    kind: "batchNorm",
    build: ([features]) => ({
      outputShape: [features],
      leaves: { scale: { shape: [features], role: "scale" }, shift: { shape: [features], role: "bias" } },
      init: () => ({ scale: tf.ones([features]), shift: tf.zeros([features]) }),
      initBuffers: () => ({ mean: tf.zeros([features]), variance: tf.ones([features]) }),
      apply: ({ scale, shift }, x, { training }, buffers) => {
        const now = training ? tf.moments(x, 0) : buffers as { mean: Tensor; variance: Tensor };
        const normal = tf.div(tf.sub(x, now.mean), tf.sqrt(tf.add(now.variance, 1e-3)));
        const average = (name: "mean" | "variance") =>
          training ? tf.add(tf.mul(buffers[name], decay), tf.mul(now[name], 1 - decay)) : buffers[name];
        return {
          outputs: tf.add(tf.mul(normal, scale), shift),
          buffers: { mean: average("mean"), variance: average("variance") },
        };
      },
    }),
  };
}

/** Zeros each value with probability `rate` in training, from the mode's random numbers. */
export function dropout(rate: number): Layer {
  return {
    kind: "dropout",
    build: (inputShape) => ({
      outputShape: inputShape,
      leaves: {},
      init: () => ({}),
      apply: (_params, x, mode) => {
        if (!mode.training) return x;
        const kept = tf.cast(tf.greaterEqual(mode.random().uniform(x.shape), rate), "float32");
        return tf.mul(x, tf.div(kept, 1 - rate));
      },
    }),
  };
}

/** Rounds activations to 11 bits as float16 does; the gradient passes straight through. */
export function half(): Layer {
  const round = tf.customGrad((x) => {
    const spread = tf.mul(x as Tensor, 2 ** 13 + 1); // Veltkamp's splitting
    return { value: tf.sub(spread, tf.sub(spread, x as Tensor)), gradFunc: (dy: Tensor) => dy };
  });
  return {
    kind: "half",
    build: (inputShape) => ({ outputShape: inputShape, leaves: {}, init: () => ({}), apply: (_params, x) => round(x) }),
  };
}

/** 4 inputs, 3 classes, BatchNorm and dropout between. */
export const normalizedNetwork = (): Model =>
  sequential([4], [
    dense({ units: 6 }),
    batchNorm(),
    dropout(0.3),
    dense({ units: 6, activation: "tanh" }),
    dropout(0.3),
    dense({ units: 3 }),
  ]);

/** Classifies each position of sequences `[batch, time, features]` by itself. */
export function sequenceModel(features: number, classes: number): Model {
  const positions = sequential([features], [dense({ units: 5, activation: "tanh" }), dense({ units: classes })]);
  return {
    ...positions,
    apply: (params, buffers, inputs, mode) => {
      const x = inputs.x as Tensor, [batch, time] = x.shape;
      const flat = positions.apply(params, buffers, { x: tf.reshape(x, [batch * time, features]) }, mode);
      return { ...flat, outputs: tf.reshape(flat.outputs, [batch, time, classes]) };
    },
  };
}

/** The mean of a bag of words' embeddings, then one dense layer; the look-up by gather or by one-hot product. */
export function bagOfWords(vocabulary: number, size: number, classes: number, by: "gather" | "oneHot"): Model {
  const output = sequential([size], [dense({ units: classes })]);
  return {
    leaves: {
      "embedding1/table": { layer: "embedding1", shape: [vocabulary, size], role: "embedding" },
      ...output.leaves,
    },
    init: (seed) => {
      const table = tf.randomNormal([vocabulary, size], 0, 1, "float32", seed);
      return { params: { "embedding1/table": table, ...output.init(seed).params }, buffers: {} };
    },
    apply: (params, buffers, inputs, mode) => {
      const table = params["embedding1/table"] as tf.Tensor2D, words = inputs.words as tf.Tensor2D;
      const [batch, length] = words.shape;
      const rows = tf.reshape(words, [batch * length]) as tf.Tensor1D;
      const vectors = by === "gather"
        ? tf.gather(table, rows)
        : tf.matMul(tf.oneHot(rows, vocabulary).toFloat() as tf.Tensor2D, table);
      const x = tf.mean(tf.reshape(vectors, [batch, length, size]), 1);
      return { outputs: output.apply(params, buffers, { x }, mode).outputs, buffers };
    },
  };
}

/** Outputs θ itself, `[1, n]`, whatever the inputs: with squaredError and targets t the loss is ½‖θ − t‖². */
export function identityModel(start: readonly number[]): Model {
  return {
    leaves: { w: { layer: "w", shape: [1, start.length], role: "dense" } },
    init: () => ({ params: { w: tf.tensor2d([[...start]]) }, buffers: {} }),
    apply: (params, buffers) => ({ outputs: params.w, buffers }),
  };
}
