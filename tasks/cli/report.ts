/**
 * What a finished run prints: a table, two curves, and where everything is.
 * @module
 */
import { join } from "node:path";
import { files } from "../run/folder.ts";
import type { MetricsLine } from "../run/metrics.ts";
import type { FinishedEvent } from "../training/events.ts";
import { percentage, short } from "./progress.ts";
import { terminalChart } from "./terminal_chart.ts";

const WIDTH = 72;

/** The report of a run. */
export function report(folder: string, event: FinishedEvent, lines: readonly MetricsLine[]): string {
  return [table(event), ...charts(lines), `Everything is in ${folder}`, paths(folder)].join("\n\n");
}

function table(event: FinishedEvent): string {
  const { test = {}, train, learned, refused } = event;
  const rows: [string, string][] = [
    ["training loss", short(train.loss)],
    ...Object.entries(test).map((
      [name, value],
    ): [string, string] => [`test ${spelled(name)}`, percentage(name, value)]),
    ...Object.entries(learned).map((
      [name, value],
    ): [string, string] => [name === "rate" ? "learned rate η" : name, short(value)]),
    ["refused steps", String(refused)],
    ["time", `${event.seconds.toFixed(1)} s, ${short(event.stepsPerSecond)} steps/s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `  ${name.padEnd(width)}${value}`).join("\n");
}

const spelled = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function charts(lines: readonly MetricsLine[]): string[] {
  const points = (value: (line: MetricsLine) => unknown) =>
    lines.flatMap((line) => {
      const y = value(line);
      return typeof y === "number" ? [{ step: line.step, value: y }] : [];
    });
  const drawn = [terminalChart("training loss (batch)", points((line) => line.loss), { width: WIDTH, log: true })];
  const learned = Object.keys(lines[0]?.learned ?? {});
  const rate = learned.includes("rate") ? points((line) => line.learned?.rate) : points((line) => line.learningRate);
  if (rate.length > 0) drawn.push(terminalChart("learning rate", rate, { width: WIDTH, log: true }));
  return drawn;
}

function paths(folder: string): string {
  const what: [string, string][] = [
    [files.summary, "the numbers above"],
    [files.curves, "loss, test scores and learned quantities as a picture"],
    [files.metrics, "a line a logging step"],
    [files.config, "everything needed to do it again"],
    [files.checkpoint, "parameters and state, to go on with --resume or openRun"],
  ];
  const width = Math.max(...what.map(([file]) => join(folder, file).length)) + 2;
  return what.map(([file, text]) => `  ${join(folder, file).padEnd(width)}${text}`).join("\n");
}
