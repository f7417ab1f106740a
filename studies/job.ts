/**
 * One training run among many, and what its folder says about it.
 * @module
 */
import { join } from "node:path";
import { writeWhole } from "../runtime/files/atomic.ts";
import { type RunConfig, sameConfig } from "../runs/config.ts";
import { readConfig, readMetrics, readSummary } from "../runs/folder.ts";
import { isScore, type RunSummary } from "../runs/summary.ts";

/** A run to be done: whoever executes it, `config.json` in its folder says all that is needed. */
export interface Job {
  /** Its name for people. */
  readonly label: string;
  /** What the run is. */
  readonly config: RunConfig;
  /** Of the run, absolute. */
  readonly folder: string;
  /** In one go: where it was interrupted it begins anew. Default: false. */
  readonly inOneGo?: boolean;
}

/** How a run ended. */
export type Outcome = Finished | Failed;

/** It came to its end. */
export interface Finished {
  readonly kind: "finished";
  readonly summary: RunSummary;
}

/** It did not. */
export interface Failed {
  readonly kind: "failed";
  /** Training itself went wrong, and would again; else the process did, which may go well the next time. */
  readonly diverged: boolean;
  /** Of the process; 3 is diverged. */
  readonly exitCode: number;
  /** One line. */
  readonly reason: string;
}

/** How an execution of `deno task train` ended. */
export interface Execution {
  readonly code: number;
  /** What it was killed by, if it was. */
  readonly signal: string | null;
  readonly stderr: string;
}

/** Goes on with the run of a folder, from its start if it has not begun; asks it to save and end when the signal aborts. */
export type Execute = (folder: string, signal: AbortSignal) => Promise<Execution>;

const FAILURE = "failure.json"; // of runs that failed for good, in their folder

/** How a run ended before, or undefined where it has to be trained: also where what is there is damaged, or of another run. */
export async function earlierOutcome({ folder, config }: Pick<Job, "folder" | "config">): Promise<Outcome | undefined> {
  const same = await readConfig(folder).then((here) => sameConfig(here, config), () => false);
  if (!same) return undefined;
  const summary = await readSummary(folder, config.settings.steps) as RunSummary | undefined;
  const whole = summary && await readMetrics(folder).then(() => true, () => false);
  if (whole) return finished(summary);
  const failure = await Deno.readTextFile(join(folder, FAILURE)).catch(() => "");
  try {
    const failed = JSON.parse(failure);
    if (failed?.kind === "failed" && failed.diverged === true && typeof failed.reason === "string") return failed;
  } catch {
    // mostly there is none
  }
  return undefined; // one that is damaged is found out again
}

/** Writes down that a run diverged: it would again. */
export async function writeFailure(folder: string, failed: Failed): Promise<void> {
  await writeWhole(join(folder, FAILURE), JSON.stringify(failed, null, 2) + "\n");
}

/** A run's end in numbers. One whose scores overflowed, or that never moved, is as lost as one that diverged. */
export function finished(summary: RunSummary): Outcome {
  const scores = Object.entries(summary).filter(([name]) => name === "trainLoss" || isScore(name));
  const lost = scores.find(([, value]) => !Number.isFinite(value));
  const failed = (reason: string) => ({ kind: "failed", diverged: true, exitCode: 0, reason } as const);
  if (lost !== undefined) return failed(`${lost[0]} is not finite`);
  if (summary.refused >= summary.steps) return failed("every step was refused: none had a finite result");
  return { kind: "finished", summary };
}

/** What an execution wrote to its standard error, as one line: the error, not its stack trace. */
export function reasonOf({ stderr, code, signal }: Execution): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter(Boolean);
  const error = lines.find((line) => line.startsWith("error:")) ?? lines.at(-1);
  return error ?? (signal ? `killed by ${signal}` : `exit code ${code}`);
}
