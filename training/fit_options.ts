/**
 * What a training is given.
 * @module
 */
import type { Dataset } from "../data/dataset.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Problem } from "../proximal/problem.ts";
import { UserError } from "../runtime/errors.ts";
import type { Tree } from "../runtime/tensor.ts";
import type { Judge } from "./judge.ts";
import type { Metric } from "./metrics.ts";
import type { HostArrays } from "./snapshot.ts";

/** Options of `fit`. */
export interface FitOptions<S extends Tree> {
  /** What is minimized. */
  readonly problem: Problem;
  /** How. */
  readonly optimizer: Optimizer<S>;
  /** What to train on, what to evaluate on meanwhile (default: what to test on), and what to test on at the end. */
  readonly data: { readonly train: Dataset; readonly validation?: Dataset; readonly test?: Dataset };
  /** How many steps in all, those before `resume` included. */
  readonly steps: number;
  /**
   * |B|: how many examples, or of sequences how many tokens with padding. Default: 128 examples or 1000 tokens, or all of the training
   * data where there is less. `microBatchSize` of the problem makes large ones fit.
   */
  readonly batchSize?: number;
  /** |B′|. Default: |B|. */
  readonly metaBatchSize?: number;
  /** Initial weights and order of the data. Default: 0. */
  readonly seed?: number;
  /** Besides the loss, what to measure; none may be called `loss`. */
  readonly metrics?: Readonly<Record<string, Metric>>;
  /** Scores what the model does on the same data besides; these scores come with those. Default: nothing does. */
  readonly judge?: Judge;
  /** Default: 10. The first step is always logged. */
  readonly logEvery?: number;
  /** Default: 100. */
  readonly evalEvery?: number;
  /** Steps between checkpoints. Default: there is only the last one. */
  readonly checkpointEvery?: number;
  /** After so many refused steps in a row training stops. Default: 20. */
  readonly patience?: number;
  /** Goes on from a checkpoint. */
  readonly resume?: { readonly step: number; readonly arrays: HostArrays };
  /** Ends the training when it aborts: after the current step, or amidst the scores of the end, which are computed anew then. */
  readonly signal?: AbortSignal;
}

/** @throws `UserError` for a number that is no whole number from 1; `checkpointEvery` may be Infinity. */
export function wholeNumbers(options: Record<string, number>): void {
  for (const [name, value] of Object.entries(options)) {
    const impossible = !(value >= 1) || !(Number.isInteger(value) || value === Infinity && name === "checkpointEvery");
    if (impossible) throw new UserError(`${name} is ${value}; give a whole number from 1`);
  }
}
