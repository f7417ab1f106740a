/**
 * What is compared: everything needed to do it again.
 * @module
 */
import type { RunConfig } from "../../runs/config.ts";
import type { Choices } from "../../runs/options.ts";
import type { Values } from "../tune.ts";
import type { Budget } from "./budget.ts";

/** One of the optimizers. */
export interface Contestant {
  /** What the comparison calls it: the optimizer's name, or another one that was given. */
  readonly name: string;
  /** What was set for it alone. */
  readonly given: Choices;
  /** Of its runs, which differ from it in seed, steps, how often they log, and what tuning found. */
  readonly config: RunConfig;
  /** Of its trials; absent where nothing is tuned. */
  readonly trial?: RunConfig;
}

/** The contents of `comparison.json`. */
export interface Comparison {
  /** Of this file. */
  readonly format: 2;
  /** In the order of the table. */
  readonly contestants: readonly Contestant[];
  /** How many, from 0. */
  readonly seeds: number;
  /** Of each run. */
  readonly budget: Budget;
  /** How each optimizer is tuned; null where it is not. */
  readonly tuning: Tuning | null;
  /** What was chosen for all runs, task, data and backend among it. */
  readonly shared: Choices;
  /** Which data, in words. */
  readonly source: string;
  /** Which model and batches, in words. */
  readonly setup: string;
  /** Of what computes: runs of other versions cannot be compared with these. */
  readonly versions: Readonly<Record<string, string>>;
}

/** How each optimizer is tuned. */
export interface Tuning {
  /** Of each optimizer. */
  readonly trials: number;
  /** Of the training data, to tune on; null where the task has no test data: then on the training loss. */
  readonly holdout: number | null;
  /** Of the trials: none of the comparison's. */
  readonly seed: number;
}

/** The seed of calibrations and trials, and one more than the largest of the comparison. */
export const TUNING_SEED = 1000;
const EVALUATIONS = 15; // of a run: the points of its test curve

/** A run of a contestant, or a trial: of so many steps, with values that tuning chose. */
export function runOf(config: RunConfig, seed: number, steps: number, values: Values = {}): RunConfig {
  const every = { logEvery: logEvery(steps), evalEvery: Math.ceil(steps / EVALUATIONS) };
  return { ...config, ...every, seed, settings: { ...config.settings, ...values, steps } };
}

/** How often runs log their loss: every 10 steps, and more often where that would be few points. */
export function logEvery(steps: number): number {
  return Math.max(1, Math.min(10, Math.floor(steps / 20)));
}
