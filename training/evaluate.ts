/**
 * Means over whole data sets.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { inference } from "../models/mode.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import { broadcastWeights, totalWeight } from "../proximal/weighted_mean.ts";
import { breathing } from "../runtime/breath.ts";
import { UserError } from "../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { timesOrZero } from "../runtime/times_or_zero.ts";
import { watchedBytes } from "../runtime/watched_bytes.ts";
import { type Dataset, disposeBatch, longestFirst } from "../data/dataset.ts";
import type { Metric } from "./metrics.ts";

/**
 * What the rows of a chunk may take: inputs, activations and what the measures make of them. How many rows that are is found out: each
 * chunk tells what a row takes beyond what the first took, which had a single one, and the next grows as far as that allows.
 */
const CHUNK_BYTES = 2 ** 25, GROWTH = 8;

/** Numbers by name; `loss` is there wherever there are data. */
export type Scores = Readonly<Record<string, number>>;

/** What may be told to {@linkcode evaluate}. */
export interface EvaluationOptions {
  /** Indices of those that count. Default: all. */
  readonly examples?: Uint32Array;
  /** Ends the evaluation when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * The loss and the metrics on all examples, or on those with the given indices, in inference mode: Σwℓ/Σw over all of them, whatever
 * the chunks in which they are read. NaN where all weights are 0.
 *
 * @throws `UserError` for a metric whose terms do not belong to examples, the signal's reason where it aborts.
 */
export async function evaluate(
  problem: Problem,
  metrics: Readonly<Record<string, Metric>>,
  params: Tensors,
  buffers: Tree,
  data: Dataset,
  { examples = Uint32Array.from({ length: data.size }, (_, i) => i), signal }: EvaluationOptions = {},
): Promise<Scores> {
  const measures: readonly [name: string, Metric][] = Object.entries({ loss: problem.output.loss, ...metrics });
  const chunks: Tensor[] = [], indices = longestFirst(examples, data.lengths);
  const breathe = breathing(signal);
  let terms: string[][] = [];
  try {
    for (let start = 0, rows = 1, first = 0; start < indices.length;) {
      await breathe();
      const chosen = indices.subarray(start, start + rows);
      using bytes = watchedBytes();
      const batch = data.batch(chosen);
      try {
        chunks.push(tf.tidy(() => {
          const { outputs } = problem.model.apply(params, buffers, batch.inputs, inference);
          const sums = measures.map(([name, measure]) => sumsOf(name, measure, outputs, batch));
          terms = sums.map(Object.keys);
          return tf.stack([totalWeight(outputs.shape[0], batch.weights), ...sums.flatMap((of) => Object.values(of))]);
        }));
      } finally {
        disposeBatch(batch);
      }
      const perRow = rows === 1 ? first = bytes.peak : Math.max(1, (bytes.peak - first) / (rows - 1));
      start += rows;
      rows = Math.max(2, Math.min(GROWTH * rows, Math.floor(CHUNK_BYTES / perRow)));
    }
    const [weight, ...sums] = await added(chunks);
    const scores = measures.map(([name, measure], i) => {
      const means = Object.fromEntries(terms[i].map((term) => [term, sums.shift()! / weight]));
      return [name, typeof measure === "function" ? means.loss : measure.value(means, data)];
    });
    return Object.fromEntries(scores);
  } finally {
    tf.dispose(chunks);
  }
}

/** Σ w · term over a batch, a scalar a term. */
function sumsOf(name: string, measure: Metric, outputs: Tensor, { targets, weights }: Batch): Tensors {
  if (typeof measure === "function") {
    const weight = totalWeight(outputs.shape[0], weights);
    return { loss: timesOrZero(measure(outputs, targets, weights), weight) }; // a mean of nothing may be NaN
  }
  const examples = weights?.shape ?? outputs.shape.slice(0, 1);
  return Object.fromEntries(
    Object.entries(measure.terms(outputs, targets)).map(([term, values]) => {
      if (!tf.util.arraysEqual(values.shape.slice(0, examples.length), examples)) {
        throw new UserError(
          `the term "${term}" of the metric "${name}" has the shape [${values.shape}], but there are [${examples}] examples; ` +
            "give a term for each",
        );
      }
      const numbers = tf.cast(values, "float32");
      return [term, tf.sum(weights ? timesOrZero(numbers, broadcastWeights(weights, values.shape)) : numbers)];
    }),
  );
}

/** Their sum, in float64. */
async function added(chunks: readonly Tensor[]): Promise<number[]> {
  const together: Tensor = tf.stack([...chunks]), rows = await together.array() as number[][];
  together.dispose();
  return rows.reduce((sums, row) => sums.map((sum, i) => sum + row[i]));
}
