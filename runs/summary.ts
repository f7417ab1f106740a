/**
 * `summary.json`: a run's end in numbers.
 * @module
 */
import type { Learned } from "../optimizers/optimizer.ts";
import type { BackendName, Blas } from "../runtime/backend.ts";
import type { FinishedEvent } from "../training/events.ts";
import type { RunConfig } from "./config.ts";
import type { MetricsLine } from "../training/metrics_lines.ts";

/** The contents of `summary.json`. A number that is not finite is null. */
export interface RunSummary {
  /** Steps done. */
  readonly steps: number;
  /** The step at which the process that finished the run had resumed it; 0 for a run in one go. */
  readonly fromStep: number;
  /** What computed. */
  readonly backend: BackendName;
  /** What computed matrix products, if not kernels of our own. */
  readonly blas?: Blas;
  /** The loss on the training data, or on a sample of them. */
  readonly trainLoss: number;
  /** How many training examples `trainLoss` is of where it is of a sample. */
  readonly trainSample?: number;
  /** That of the best output that is the same for all examples, where the problem's output knows it. */
  readonly constantLoss?: number;
  /** Wall-clock seconds, of the steps from `fromStep` on only. */
  readonly seconds: number;
  /** Without the time of evaluations and checkpoints; of the steps from `fromStep` on only. */
  readonly stepsPerSecond: number;
  /** Learned quantities. */
  readonly learned: Learned;
  /** Refused steps. */
  readonly refused: number;
  /** Skipped meta steps up to the last line of metrics, where the optimizer has any. */
  readonly metaSkipped?: number;
  /** Over how many training batches running statistics were computed anew for the scores, where they were. */
  readonly recalibrated?: number;
  /** Scores on the test data, such as `testLoss` and `testAccuracy`. */
  readonly [score: `test${string}`]: number;
  /** Scores on the validation data, where there are any, such as `validationLoss`. */
  readonly [score: `validation${string}`]: number;
}

/** The summary of a run. */
export function runSummary(
  { backend, blas }: RunConfig,
  {
    step,
    train,
    trainSample,
    constantLoss,
    validation = {},
    test = {},
    seconds,
    stepsPerSecond,
    learned,
    refused,
    recalibrated,
  }: FinishedEvent,
  lines: readonly MetricsLine[],
  fromStep: number,
): RunSummary {
  const scores = Object.entries({ validation, test }).flatMap(([part, scores]) =>
    Object.entries(scores).map(([name, value]) => [`${part}${name[0].toUpperCase()}${name.slice(1)}`, value])
  );
  const metaSkipped = skippedMetaSteps(lines);
  return {
    steps: step,
    fromStep,
    backend,
    ...blas && { blas },
    trainLoss: train.loss,
    ...trainSample !== undefined && { trainSample },
    ...constantLoss !== undefined && { constantLoss },
    ...Object.fromEntries(scores),
    seconds,
    stepsPerSecond,
    learned,
    refused,
    ...recalibrated !== undefined && { recalibrated },
    ...metaSkipped !== undefined && { metaSkipped },
  };
}

/** Whether a summary's entry of that name is a score on validation or test data. */
export function isScore(name: string): boolean {
  return /^(validation|test)/.test(name);
}

/** How many meta steps were skipped up to the last line; undefined where the optimizer has none. */
export function skippedMetaSteps(lines: readonly MetricsLine[]): number | undefined {
  const skipped = lines.at(-1)?.metaSkipped;
  return typeof skipped === "number" ? skipped : undefined;
}
