/**
 * The end of a training in numbers.
 * @module
 */
import { percentage, short } from "../display/numbers.ts";
import { spelled } from "./run_panels.ts";
import type { FinishedEvent } from "./events.ts";
import { type Formats, jupyterDisplay } from "../display/displayable.ts";
import { table } from "../display/table.ts";

/** What a result is made of: an event's, or a summary's. */
export type Result = Pick<
  FinishedEvent,
  | "step"
  | "train"
  | "trainSample"
  | "constantLoss"
  | "validation"
  | "test"
  | "learned"
  | "refused"
  | "seconds"
  | "stepsPerSecond"
  | "recalibrated"
>;

/** Names and values, as one reads them. `skipped` are the meta steps that were, where there can be any. */
export function resultRows(result: Result, skipped?: number): [name: string, value: string][] {
  const { train, trainSample, constantLoss, learned, refused, seconds, stepsPerSecond, recalibrated } = result;
  return [
    [
      trainSample === undefined ? "training loss" : `training loss (${trainSample.toLocaleString("en")} at random)`,
      short(train.loss),
    ],
    ...constantLoss === undefined ? [] : [["that of always the same output", short(constantLoss)] as [string, string]],
    ...(["validation", "test"] as const).flatMap((part) =>
      Object.entries(result[part] ?? {}).map(([name, value]): [string, string] => [
        `${part} ${spelled(name)}`,
        percentage(name, value),
      ])
    ),
    ...Object.entries(learned).map(([name, value]): [string, string] => [
      name === "rate" ? "learned rate η" : name,
      short(value),
    ]),
    ...recalibrated === undefined
      ? []
      : [["running statistics", `anew, over ${recalibrated} training batches`] as [string, string]],
    ["refused steps", String(refused)],
    ...skipped === undefined ? [] : [["skipped meta steps", String(skipped)] as [string, string]],
    ["time", `${seconds.toFixed(1)} s, ${short(stepsPerSecond)} steps/s`],
  ];
}

/** The rows as a table. */
export async function resultFormats(result: Result): Promise<Formats> {
  return await table([`after ${result.step} steps`, ""], resultRows(result))[jupyterDisplay]();
}
