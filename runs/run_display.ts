/**
 * A run of the command line at a glance.
 * @module
 */
import { runPanels } from "../training/run_panels.ts";
import type { Run } from "./open_run.ts";
import type { Scores } from "../training/evaluate.ts";
import { curves } from "../display/curves.ts";
import type { Formats } from "../display/displayable.ts";
import { illustrated } from "../display/illustrated.ts";
import { type Result, resultRows } from "../training/finished_table.ts";
import { table } from "../display/table.ts";

/** Which run it was, its end in numbers where it has finished, and its curves. */
export async function runFormats(
  { config, metrics, summary, step }: Pick<Run, "config" | "metrics" | "summary" | "step">,
): Promise<Formats> {
  const { task, model, modelChoice, optimizer, backend, seed } = config;
  const hidden = modelChoice.hidden?.length ? ` (hidden layers: ${modelChoice.hidden.join(", ")})` : "";
  const result = summary && resultOf(summary, step), skipped = summary?.metaSkipped;
  const rows = [
    ["task", task],
    ["model", `${model}${hidden}`],
    ["optimizer", optimizer],
    ["seed", String(seed)],
    ["backend", backend],
    ["steps", summary ? String(step) : `${step} of ${config.settings.steps}`],
    ...result ? resultRows(result, typeof skipped === "number" ? skipped : undefined) : [],
  ];
  return await illustrated(table(["run", ""], rows), curves(runPanels(metrics, result)));
}

/** What `summary.json` says as `fit` said it. */
function resultOf(summary: NonNullable<Run["summary"]>, step: number): Result {
  const number = (value: unknown) => typeof value === "number" ? value : NaN;
  const scores = Object.entries(summary).filter(([name]) => /^test[A-Z]/.test(name))
    .map(([name, value]) => [name[4].toLowerCase() + name.slice(5), number(value)]);
  const test: Scores = Object.fromEntries(scores);
  return {
    step,
    train: { loss: number(summary.trainLoss) },
    ...typeof summary.trainSample === "number" && { trainSample: summary.trainSample },
    ...scores.length > 0 && { test },
    learned: summary.learned as Result["learned"],
    refused: number(summary.refused),
    seconds: number(summary.seconds),
    stepsPerSecond: number(summary.stepsPerSecond),
  };
}
