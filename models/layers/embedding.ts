/**
 * Embeddings.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positiveWhole } from "../../runtime/errors.ts";
import { randomTensor } from "../../runtime/random.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Built, Module, Parameter, Pass, Shape } from "../module.ts";

/** An embedding whose table can be the output projection, too. */
export interface BuiltEmbedding extends Built {
  /** The table, `[entries, size]`. */
  readonly table: Parameter;
  /** x tableᵀ: from vectors `[…, size]` to a logit for each entry, `[…, entries]`. */
  project(pass: Pass, x: Tensor): Tensor;
}

/** Options of {@linkcode embedding}. */
export interface EmbeddingOptions {
  /** How many different indices there are. */
  readonly entries: number;
  /** The length of a vector. */
  readonly size: number;
}

/**
 * The vectors of indices: from `[batch, …]`, whole numbers from 0 below `entries`, to `[batch, …, size]`. Vectors start as normal
 * numbers of variance 1/size. An index beyond `entries` is refused, see {@linkcode Pass.lookUp}; `fit` names the example.
 */
export function embedding({ entries, size }: EmbeddingOptions): Module<Shape, BuiltEmbedding> {
  for (const [name, value] of Object.entries({ entries, size })) positiveWhole(`embedding: ${name}`, value);
  return {
    kind: "embedding",
    build: (site, input) => {
      const table = site.param("table", {
        shape: [entries, size],
        role: "embedding",
        init: (random) => randomTensor([entries, size], () => random.normal() / Math.sqrt(size)),
      });
      return {
        table,
        output: [...input, size],
        apply: (pass, x) => pass.lookUp(table, x),
        project: (pass, x) => {
          const logits = tf.matMul(tf.reshape(x, [-1, size]), pass.param(table) as tf.Tensor2D, false, true);
          return tf.reshape(logits, [...x.shape.slice(0, -1), entries]);
        },
      };
    },
  };
}
