/**
 * A run of the command line at a glance.
 * @module
 */
import { runPanels } from "../training/run_panels.ts";
import type { Scores } from "../training/evaluate.ts";
import type { RunConfig } from "./config.ts";
import type { MetricsLine } from "../training/metrics_lines.ts";
import { curves } from "../display/curves.ts";
import type { Formats } from "../display/displayable.ts";
import { illustrated } from "../display/illustrated.ts";
import { type Result, resultRows } from "../training/finished_table.ts";
import { table } from "../display/table.ts";

/** What a run says of itself. */
export interface RunStory {
  /** How to do it again. */
  readonly config: RunConfig;
  /** The lines of `metrics.jsonl`. */
  readonly metrics: readonly MetricsLine[];
  /**
   * `summary.json`; undefined for a run that has not finished. `seconds` and `stepsPerSecond` are of the steps from `fromStep`
   * on only: 0, unless the run was resumed.
   */
  readonly summary?: Readonly<Record<string, unknown>>;
  /** Steps done at the checkpoint. */
  readonly step: number;
}

/** Which run it was, its end in numbers where it has finished, and its curves. */
export async function runFormats(
  { config, metrics, summary, step }: RunStory,
): Promise<Formats> {
  const { task, model, modelChoice, optimizer, backend, seed } = config;
  const { hidden, activation: _, ...others } = modelChoice;
  const told = [
    ...hidden?.length ? [`hidden layers: ${hidden.join(", ")}`] : [],
    ...Object.entries(others).map(([name, value]) => `${name} ${value}`),
  ];
  const result = summary && resultOf(summary, step), skipped = summary?.metaSkipped;
  const rows = [
    ["task", task],
    ["model", told.length > 0 ? `${model} (${told.join("; ")})` : model],
    ["optimizer", optimizer],
    ["seed", String(seed)],
    ["backend", backend],
    ["steps", summary ? String(step) : `${step} of ${config.settings.steps}`],
    ...result ? resultRows(result, typeof skipped === "number" ? skipped : undefined) : [],
  ];
  return await illustrated(table(["run", ""], rows), curves(runPanels(metrics, result)));
}

/** What `summary.json` says as `fit` said it. */
function resultOf(summary: NonNullable<RunStory["summary"]>, step: number): Result {
  const number = (value: unknown) => typeof value === "number" ? value : NaN;
  const scores = (part: "validation" | "test") => {
    const found = Object.entries(summary).flatMap(([name, value]) => {
      const [, first, rest] = new RegExp(`^${part}([A-Z])(.*)`).exec(name) ?? [];
      return first ? [[first.toLowerCase() + rest, number(value)]] : [];
    });
    return found.length > 0 && { [part]: Object.fromEntries(found) as Scores };
  };
  return {
    step,
    train: { loss: number(summary.trainLoss) },
    ...typeof summary.trainSample === "number" && { trainSample: summary.trainSample },
    ...typeof summary.constantLoss === "number" && { constantLoss: summary.constantLoss },
    ...typeof summary.recalibrated === "number" && { recalibrated: summary.recalibrated },
    ...scores("validation"),
    ...scores("test"),
    learned: summary.learned as Result["learned"],
    refused: number(summary.refused),
    seconds: number(summary.seconds),
    stepsPerSecond: number(summary.stepsPerSecond),
  };
}
