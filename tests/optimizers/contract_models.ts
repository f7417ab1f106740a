/** Tiny models, and what the library does not have, made of its public interfaces alone. */
import * as tf from "@tensorflow/tfjs";
import {
  activation,
  averagePool,
  basicBlock,
  batchNorm,
  conv2d,
  dense,
  dropout,
  embedding,
  globalAveragePool,
  layerNorm,
  maxPool,
  type Model,
  type Module,
  network,
  type Pass,
  preActivationBlock,
  residual,
  sequential,
  series,
  type Shape,
  type Tensor,
  transformer,
} from "../../mod.ts";

/** Rounds activations to 11 bits as float16 does; the gradient passes straight through. */
export function half(): Module {
  const round = tf.customGrad((x) => {
    const spread = tf.mul(x as Tensor, 2 ** 13 + 1); // Veltkamp's splitting
    return { value: tf.sub(spread, tf.sub(spread, x as Tensor)), gradFunc: (dy: Tensor) => dy };
  });
  return { kind: "half", build: (_site, input) => ({ output: input, apply: (_pass, x) => round(x) }) };
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
export const sequenceModel = (features: number, classes: number): Model =>
  sequential([-1, features], [dense({ units: 5, activation: "tanh" }), dense({ units: classes })]);

/** The mean of a bag of words' embeddings, then one dense layer; the look-up by gather or by one-hot product. */
export function bagOfWords(vocabulary: number, size: number, classes: number, by: "gather" | "oneHot"): Model {
  return network({
    kind: "bagOfWords",
    build: (site, { words }) => {
      const vectors = site.child("embedding1", embedding({ entries: vocabulary, size }), words);
      const output = site.child("dense1", dense({ units: classes }), [size]);
      const looked = (pass: Pass, words: Tensor): Tensor => {
        if (by === "gather") return vectors.apply(pass, words);
        const rows = tf.oneHot(tf.reshape(words, [-1]) as tf.Tensor1D, vocabulary).toFloat();
        return tf.reshape(tf.matMul(rows, pass.param(vectors.table) as tf.Tensor2D), [...words.shape, size]);
      };
      return {
        output: output.output,
        apply: (pass, { words }) => output.apply(pass, tf.mean(looked(pass, words), 1)),
      };
    },
  }, { words: [-1] });
}

/** One layer of each kind, all tables tied, with dropout. */
export const tinyTransformer = (vocabulary: number): Model =>
  transformer({ vocabulary, width: 8, heads: 2, hidden: 12, layers: 1, dropout: 0.1 });

/** Images 8 × 8 × 1, 3 classes: every layer of the residual networks, in small. */
export const residualNetwork = (): Model =>
  sequential([8, 8, 1], {
    stem: conv2d({ filters: 4, window: 3, padding: 1, bias: "none" }),
    stem_norm: batchNorm(),
    stem_relu: activation("relu"),
    pool: maxPool({ window: 3, stride: 2, padding: 1 }),
    stage1: series({
      block1: basicBlock({ filters: 4 }),
      block2: basicBlock({ filters: 6, stride: 2, shortcut: "A" }),
    }),
    stage2: series({ block1: basicBlock({ filters: 7 }), block2: preActivationBlock({ filters: 8 }) }),
    average: averagePool({ window: 2 }),
    dropout: dropout(0.1),
    vector: globalAveragePool(),
    classifier: dense({ units: 3 }),
  });

/** From tokens `[batch, time]` to logits of other tokens, by a residual block that is used twice and one table at both ends. */
export function tiedSequences(entries: number, size: number): Model {
  const block = residual(series([layerNorm(), dense({ units: size, activation: "tanh" }), dropout(0.1)]));
  return network({
    kind: "tied",
    build: (site, input) => {
      const words = site.child("embedding", embedding({ entries, size }), input);
      const shared = site.child("block", block, words.output);
      const norm = site.child("norm", layerNorm(), shared.output);
      return {
        output: [...input, entries],
        apply: (pass, x) => {
          const twice = shared.apply(pass, shared.apply(pass, words.apply(pass, x)));
          return words.project(pass, norm.apply(pass, twice));
        },
      };
    },
  }, [-1]);
}

/** What an encoder hands over: vectors `[batch, time, size]`, and which of them are tokens, `[batch, time]`. */
interface Memory {
  readonly vectors: Tensor;
  readonly mask: Tensor;
}

const encoder: Module<Shape, { memory: Shape; apply(pass: Pass, x: Tensor, mask: Tensor): Memory }> = {
  kind: "encoder",
  build: (site, input) => {
    const inner = site.child("dense", dense({ units: input.at(-1)!, activation: "tanh" }), input);
    return { memory: inner.output, apply: (pass, x, mask) => ({ vectors: inner.apply(pass, x), mask }) };
  },
};

interface DecoderShapes {
  readonly queries: Shape;
  readonly memory: Shape;
}

const decoder: Module<DecoderShapes, { apply(pass: Pass, source: Pass, x: Tensor, memory: Memory): Tensor }> = {
  kind: "decoder",
  build: (site, { queries, memory }) => {
    const size = queries.at(-1)!;
    const query = site.child("query", dense({ units: size, bias: "homogeneous" }), queries);
    const key = site.child("key", dense({ units: size, bias: "none" }), memory);
    const output = site.child("output", dense({ units: size, activation: "tanh" }), queries);
    return {
      apply: (pass, source, x, { vectors, mask }) => {
        const keys = key.apply(source, vectors), scores = tf.matMul(query.apply(pass, x), keys, false, true);
        const seen = tf.softmax(tf.add(scores, tf.mul(tf.expandDims(tf.sub(mask, 1), 1), 1e9)));
        return output.apply(pass, tf.add(x, tf.matMul(seen, keys)));
      },
    };
  },
};

/**
 * From tokens of a source and a target to logits for each of the target's. 0 is padding. The maps of the source report its mask
 * with `masked`, and else none.
 */
export function encoderDecoder(entries: number, size: number, masked = true): Model {
  return network({
    kind: "encoderDecoder",
    build: (site, { source, target }) => {
      const words = site.child("embedding", embedding({ entries, size }), source);
      const encoding = site.child("encoder", encoder, words.output);
      const decoding = site.child("decoder", decoder, { queries: [...target, size], memory: encoding.memory });
      return {
        output: [...target, entries],
        apply: (pass, { source, target }) => {
          const mask = tf.cast(tf.notEqual(source, 0), "float32"), inSource = masked ? pass.masked(mask) : pass;
          const memory = encoding.apply(inSource, words.apply(pass, source), mask);
          return words.project(pass, decoding.apply(pass, inSource, words.apply(pass, target), memory));
        },
      };
    },
  }, { source: [-1], target: [-1] });
}

/** Outputs θ itself, `[1, n]`, whatever the inputs: with squaredError and targets t the loss is ½‖θ − t‖². */
export function identityModel(start: readonly number[]): Model {
  return {
    leaves: { w: { shape: [1, start.length], role: "dense" } },
    init: () => ({ params: { w: tf.tensor2d([[...start]]) }, buffers: {} }),
    apply: (params, buffers) => ({ outputs: params.w, buffers }),
  };
}
