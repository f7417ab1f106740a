/**
 * What is scored while a network trains, and published at the end.
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { Sampler } from "../data/sampler.ts";
import type { Evaluated } from "../optimizers/optimizer.ts";
import type { Problem } from "../proximal/problem.ts";
import { disposeTree } from "../runtime/tree.ts";
import { evaluate, type Scores } from "./evaluate.ts";
import type { Metric } from "./metrics.ts";
import { recalibrated } from "./recalibrate.ts";

/** Scores parameters. */
export interface Scorer {
  /** Parameters with the buffers that are right for them; whoever asks disposes of it, which leaves the parameters alone. */
  published(evaluated: Evaluated, recalibrates: boolean): Evaluated & Disposable;
  /** The scores on examples, or on those with the given indices. */
  score(published: Evaluated, examples: Dataset, indices?: Uint32Array): Promise<Scores>;
}

/** @param order Of the training batches from which running statistics are computed anew. */
export function scorer(
  { problem, metrics, train, order }: {
    readonly problem: Problem;
    readonly metrics: Readonly<Record<string, Metric>>;
    readonly train: Dataset;
    readonly order: Sampler;
  },
): Scorer {
  return {
    published: (evaluated, recalibrates) => {
      const buffers = recalibrates ? recalibrated(problem.model, evaluated, train, order) : evaluated.buffers;
      return { params: evaluated.params, buffers, [Symbol.dispose]: () => recalibrates && disposeTree(buffers) };
    },
    score: ({ params, buffers }, examples, indices) => evaluate(problem, metrics, params, buffers, examples, indices),
  };
}
