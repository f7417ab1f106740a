/**
 * What a recipe may do: train as `deno task train` does, tune, calibrate, compute. All of it is kept in the reproduction's
 * folder, and what was done there before is not done again.
 * @module
 */
import type { Choices } from "../../runs/options.ts";
import { readMetrics } from "../../runs/folder.ts";
import type { MetricsLine } from "../../training/metrics_lines.ts";
import type { RunSummary } from "../../runs/summary.ts";
import type { Calibration } from "../calibrate.ts";
import type { Failed } from "../job.ts";
import type { Progress } from "../progress.ts";
import type { Knob, Search, Tuned } from "../tune.ts";
import type { Figures } from "./verdict.ts";

/** A task without its data. */
export interface LeftOut {
  readonly task: string;
  /** A few words, such as `not there`. */
  readonly why: string;
}

/** Of calibrations and trials, and one more than the largest that a verdict may look at. */
export const TUNING_SEED = 1000;

/** A run to be done. */
export interface Plan {
  /** For people, and for its folder. */
  readonly name: string;
  /** What is chosen of it, but task, data, backend, seed and steps. */
  readonly given: Choices;
  readonly steps: number;
  /** Of the one run, or of all trials. Default: a run for each seed of the verdict; others tune. */
  readonly seed?: number;
}

/** A run that was done. */
export interface Run {
  readonly seed: number;
  /** Absolute. */
  readonly folder: string;
  /** Absent where it failed. */
  readonly summary?: RunSummary;
  /** Whether training itself went wrong. */
  readonly diverged: boolean;
}

/** How to tune: as {@linkcode Search}. */
export interface TuningPlan extends Plan, Pick<Search, "trials" | "grid" | "distance"> {
  /** Runs of each trial, with seeds from {@linkcode TUNING_SEED} on. Default: 1. */
  readonly repeats?: number;
  /** What is to be small, of a trial's run. Default: the final training loss. */
  measure?(run: Run): number | Promise<number>;
}

/** How many there were, and how many of them failed. */
export interface Count {
  total: number;
  failed: number;
}

/** How many runs there were. */
export interface Counts {
  /** Of tunings and calibrations. */
  readonly trials: Readonly<Count>;
  /** That the verdict rests on. */
  readonly runs: Readonly<Count>;
}

/** Where recipes work. */
export interface Laboratory {
  /** What the verdict's runs have. */
  readonly seeds: readonly number[];
  readonly counts: Counts;
  /** The names of the tasks. */
  readonly tasks: readonly string[];
  /** Of the recipe's tables those that are not there. */
  readonly leftOut: readonly LeftOut[];
  /** A laboratory for one of the tasks: `name` stands before the names of its runs, for all of which this is chosen. */
  within(task: string, name: string, given: Choices): Laboratory;
  /** A part begins, of so many runs. */
  begin: Progress["begin"];
  /** Says what was found. */
  tell: Progress["tell"];
  /** What can be tuned of an optimizer with these choices, and where it starts. */
  knobs(given: Choices): Knob[];
  /** Runs with every seed, or the plan's. */
  train(plan: Plan): Promise<Run[]>;
  /** The values with the smallest measure. */
  tune(plan: TuningPlan): Promise<Tuned | Failed>;
  /** How many seconds of training the steps of this plan take. */
  seconds(plan: Plan): Promise<number | Failed>;
  /** How many steps take so many seconds. Measure while nothing else runs. */
  calibrate(plan: Omit<Plan, "steps">, seconds: number): Promise<Calibration | Failed>;
  /** What `make` computes (JSON), once and for all. */
  once<T>(name: string, make: () => T): Promise<T>;
}

/** A figure a run: ∞ where training diverged, NaN where the process failed. */
export async function figures(
  runs: readonly Run[],
  measure: (run: Run) => number | Promise<number>,
): Promise<Figures> {
  return await Promise.all(runs.map((run) => run.summary ? measure(run) : run.diverged ? Infinity : NaN));
}

/** What a run has logged. */
export async function metricsOf({ folder }: Run): Promise<MetricsLine[]> {
  return await readMetrics(folder);
}
