/**
 * `metrics.jsonl`: a line a logging step, only ever appended to.
 * @module
 */
import type { Learned } from "../optimizers/optimizer.ts";
import type { Scores } from "./evaluate.ts";
import type { LoggedEvent } from "./events.ts";
import { DamagedError } from "../runtime/files/damaged.ts";

/** A line of `metrics.jsonl`. A number that is not finite is null. There are no times: equal runs give equal files. */
export interface MetricsLine {
  /** Steps done. */
  readonly step: number;
  /** On the step's batch, before its update. */
  readonly loss: number;
  /** Scores on the validation data, where there are any, at evaluation steps. */
  readonly validation?: Scores;
  /** Else on the test data. */
  readonly test?: Scores;
  /** Learned quantities after the step. */
  readonly learned: Learned;
  /** Refused steps so far. */
  readonly refused: number;
  /** The optimizer's other scalars: for APO the parts of Q at the latest meta step, and its gradient's norm. */
  readonly [scalar: string]: number | Scores | Learned | undefined;
}

/** What the line of an event says. */
export function metricsOf({ step, metrics, learned, validation, test }: LoggedEvent): MetricsLine {
  const { loss, refused, ...others } = metrics;
  return { step, loss, ...validation && { validation }, ...test && { test }, ...others, learned, refused };
}

/** The line of an event. */
export function metricsLine(event: LoggedEvent): string {
  return JSON.stringify(metricsOf(event)) + "\n";
}

/**
 * The lines of a file's text; a last line without its end (the process was killed) is left out.
 *
 * @throws `DamagedError` for a line that is not JSON.
 */
export function parseMetrics(text: string, path: string): MetricsLine[] {
  return text.split("\n").slice(0, -1).map((line, i) => {
    try {
      return JSON.parse(line);
    } catch {
      throw new DamagedError(`${path}: line ${i + 1} is not JSON; mend or remove it`);
    }
  });
}
