/**
 * What is measured, and how it is written down.
 * @module
 */
import { columns } from "../display/columns.ts";
import type { Tell } from "./progress.ts";
import type { Spread } from "./timing.ts";

/** A figure: a question and what answers it. */
export interface Figure {
  /** What is measured, against what: words for people. */
  readonly description: string;
  /** What `--quick` leaves out besides repetitions: words for people. */
  readonly quickly?: string;
  /** Measures; `quick` repeats less. What takes long tells what it is at. */
  measure(quick: boolean, tell: Tell): Promise<Row[]>;
  /** The rows as text, where one line each would be too long; by default {@linkcode table}. */
  table?(rows: readonly Row[]): string;
}

/** The place of a row in a grid of rows: which optimizer, at which size. */
export interface Place {
  /** What is varied. */
  readonly axis: string;
  readonly size: number;
  readonly optimizer: string;
  /** Of a step; absent where memory is measured. */
  readonly milliseconds?: number;
}

/** What a figure should be. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One number of a figure. */
export interface Row {
  readonly what: string;
  /** Absent where it could not be measured; `detail` then says why. */
  readonly result?: Spread;
  /** `×` is a ratio to the baseline. */
  readonly unit: "×" | "ms" | "s" | "MB" | "GFLOP/s" | "GB/s" | "tokens/s" | "images/s" | "dispatches" | "submits";
  readonly target?: Target;
  /** The times behind a ratio, or why there is none. */
  readonly detail?: string;
  readonly place?: Place;
}

/** Whether a row's median is what it should be; undefined without a target or a result. */
export function reached({ result, target }: Row): boolean | undefined {
  if (!result || !target) return undefined;
  return "atMost" in target ? result.median <= target.atMost : result.median >= target.atLeast;
}

/** The rows as a table. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const { what, result, unit, target, detail = "" } = row, counted = unit === "dispatches" || unit === "submits";
    const number = (value: number) => value.toFixed(value < 100 && !counted ? 2 : 0);
    const value = result ? `${number(result.median)} ${unit}` : "not measured";
    const around = result && result.low < result.high ? `${number(result.low)} … ${number(result.high)}` : "";
    const wanted = target && ("atMost" in target ? `≤ ${number(target.atMost)}` : `≥ ${number(target.atLeast)}`);
    const verdict = { true: "reached", false: "MISSED", undefined: "" }[`${reached(row)}`];
    return [what, value, around, wanted ?? "", verdict, detail];
  });
  return columns([["", "median", "quartiles", "target", "", ""], ...cells], { right: [1] });
}
