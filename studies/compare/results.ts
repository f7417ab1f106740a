/**
 * `results.json`: what came out.
 * @module
 */
import type { Settings } from "../../optimizers/catalogue/entry.ts";
import type { Machine } from "../../runs/machine.ts";
import { isScore } from "../../runs/summary.ts";
import type { Calibration } from "../calibrate.ts";
import type { Comparison } from "./comparison.ts";
import type { Outcome } from "../job.ts";
import { type Mean, meanOf } from "../statistics.ts";
import type { Tuned } from "../tune.ts";

/** The contents of `results.json`. */
export interface Results {
  /** Of this file. */
  readonly format: 1;
  /** What repeats it. */
  readonly command: string;
  /** What was compared; with the versions of what computed. */
  readonly comparison: Comparison;
  /** How many runs shared the machine, in the go that ended it. */
  readonly jobs: number;
  /** Where it ended; who goes on elsewhere compares times of two machines. */
  readonly machine: Machine;
  /** In the order of the table. */
  readonly optimizers: readonly OptimizerResult[];
}

/** One optimizer's. */
export interface OptimizerResult {
  readonly name: string;
  /** Complete, tuned ones among them. */
  readonly settings: Partial<Settings>;
  /** Of each run; null where the calibration failed. */
  readonly steps: number | null;
  /** How the steps came from seconds. */
  readonly calibration?: Calibration;
  readonly tuning?: Tuned;
  /** A run a seed. */
  readonly runs: readonly RunResult[];
  /** How many runs failed. */
  readonly failures: number;
  /** Over the runs that finished, by the names of {@linkcode FinishedRun}'s figures. */
  readonly means: Readonly<Record<string, Mean>>;
}

/** One run's. */
export type RunResult = FinishedRun | FailedRun;

/** A run that finished. */
export interface FinishedRun {
  readonly seed: number;
  /** Relative to the comparison's. */
  readonly folder: string;
  /** The numbers: `trainLoss`, scores such as `testLoss` and `validationLoss`, `stepsPerSecond`, `seconds` (steps over that). */
  readonly figures: Readonly<Record<string, number>>;
  /** How many training examples `trainLoss` is of where it is of a sample. */
  readonly trainSample?: number;
  /** 0, or the step at which the run was taken up again: times are those of the steps since. */
  readonly fromStep: number;
  /** Refused steps. */
  readonly refused: number;
}

/** A run that did not. */
export interface FailedRun {
  readonly seed: number;
  readonly folder: string;
  /** Why: one line. */
  readonly failed: string;
  /** Of its process: 3 is diverged. */
  readonly exitCode: number;
}

/** One run's result. */
export function runResult(seed: number, folder: string, outcome: Outcome): RunResult {
  if (outcome.kind === "failed") return { seed, folder, failed: outcome.reason, exitCode: outcome.exitCode };
  const { summary } = outcome, { stepsPerSecond, fromStep, refused, steps, trainLoss, trainSample } = summary;
  const scores = Object.entries(summary).filter(([name, value]) => isScore(name) && Number.isFinite(value));
  const timed = stepsPerSecond > 0; // a run that was interrupted after its last step knows no time
  return {
    seed,
    folder,
    figures: {
      trainLoss,
      ...Object.fromEntries(scores),
      ...timed && { stepsPerSecond, secondsPerStep: 1 / stepsPerSecond, seconds: steps / stepsPerSecond },
    },
    ...trainSample !== undefined && { trainSample },
    fromStep,
    refused,
  };
}

/** The runs that failed, with the optimizer's name. */
export function failedRuns({ optimizers }: Pick<Results, "optimizers">): (FailedRun & { readonly name: string })[] {
  return optimizers.flatMap(({ name, runs }) => runs.flatMap((run) => "failed" in run ? [{ name, ...run }] : []));
}

/** Whether a run finished. */
export function isFinished(run: RunResult): run is FinishedRun {
  return "figures" in run;
}

/** The means over runs that finished. */
export function means(runs: readonly RunResult[]): Record<string, Mean> {
  const finished = runs.filter(isFinished), names = new Set(finished.flatMap(({ figures }) => Object.keys(figures)));
  return Object.fromEntries(Array.from(names, (name) => {
    const values = finished.map(({ figures }) => figures[name]).filter((value) => value !== undefined);
    return [name, meanOf(values)!];
  }));
}
