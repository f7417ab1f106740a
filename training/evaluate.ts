/**
 * Means over whole data sets.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { inference } from "../models/mode.ts";
import type { Problem } from "../proximal/problem.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { type Dataset, disposeBatch } from "../data/dataset.ts";
import type { Metric } from "./metrics.ts";

const CHUNK = 500; // rows at a time: large enough to be quick, small enough for the autoencoder's activations

/** Numbers by name; `loss` is always there. */
export type Scores = Readonly<Record<string, number>>;

/** The loss and the metrics on the first `limit` examples, in inference mode. */
export async function evaluate(
  problem: Problem,
  metrics: Readonly<Record<string, Metric>>,
  params: Tensors,
  buffers: Tree,
  data: Dataset,
  limit: number = data.size,
): Promise<Scores> {
  const measures: Readonly<Record<string, Metric>> = { loss: problem.loss, ...metrics };
  const means = Object.values(measures).map((measure) => typeof measure === "function" ? measure : measure.mean);
  const size = Math.min(limit, data.size);
  const chunks: Tensor[] = [];
  try {
    for (let start = 0; start < size; start += CHUNK) {
      const count = Math.min(CHUNK, size - start);
      const batch = data.batch(Array.from({ length: count }, (_, i) => start + i));
      try {
        chunks.push(tf.tidy(() => {
          const { outputs } = problem.model.apply(params, buffers, batch.inputs, inference);
          const scores = means.map((mean) => mean(outputs, batch.targets, batch.weights));
          return tf.mul(tf.stack(scores), count / size);
        }));
      } finally {
        disposeBatch(batch);
      }
    }
    const total = tf.addN(chunks), values = await total.data();
    total.dispose();
    return Object.fromEntries(
      Object.entries(measures).map(([name, measure], i) => [
        name,
        typeof measure === "function" ? values[i] : measure.value(values[i], data),
      ]),
    );
  } finally {
    tf.dispose(chunks);
  }
}
