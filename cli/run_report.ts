/**
 * What a finished run prints: a table, a warning where nothing was learned, two curves, and where everything is.
 * @module
 */
import type { Learned } from "../optimizers/optimizer.ts";
import { resultRows } from "../training/finished_table.ts";
import { files } from "../runs/folder.ts";
import type { MetricsLine } from "../training/metrics_lines.ts";
import { skippedMetaSteps } from "../runs/summary.ts";
import type { FinishedEvent } from "../training/events.ts";
import { columns } from "../display/columns.ts";
import { samplesText } from "../display/samples.ts";
import { type Ending, learnedNothing } from "./learned_nothing.ts";
import { terminalChart } from "../display/terminal_chart.ts";

const WIDTH = 72; // at most

/** The end of a run, and all that it logged. */
interface Ended extends Ending {
  readonly event: FinishedEvent;
  readonly lines: readonly MetricsLine[];
}

/** The report of a run. */
export function report(folder: string, ended: Ended): string {
  const { event, lines } = ended, warning = learnedNothing(ended) ?? [];
  const samples = event.samples ? [samplesText(event.samples)] : [];
  const table = columns(resultRows(event, skippedMetaSteps(lines))),
    all = contents(folder, event.samples !== undefined);
  return [table, warning, samples, charts(lines), all].flat().join("\n\n");
}

function charts(lines: readonly MetricsLine[]): string[] {
  const width = Math.min(WIDTH, Deno.stdout.isTerminal() && Deno.consoleSize().columns || WIDTH);
  const points = (value: (line: MetricsLine) => unknown) =>
    lines.flatMap((line) => {
      const y = value(line);
      return typeof y === "number" ? [{ step: line.step, value: y }] : [];
    });
  const drawn = [terminalChart("training loss (batch)", points((line) => line.loss), { width, log: true })];
  const several = Object.keys(lines[0]?.learned ?? {}).some((name) => name.startsWith("rate/"));
  const rates = points((line) => medianRate(line.learned) ?? line.learningRate);
  const title = several ? "learning rate (median)" : "learning rate";
  if (rates.length > 0) drawn.push(terminalChart(title, rates, { width, log: true }));
  return drawn;
}

/** The learned rate, or the median of the blocks'. */
function medianRate(learned: Learned): number | undefined {
  const rates = Object.entries(learned).filter(([name]) => name === "rate" || name.startsWith("rate/"));
  const sorted = rates.map(([, rate]) => rate).sort((a, b) => a - b), last = sorted.length - 1;
  return last < 0 ? undefined : (sorted[Math.floor(last / 2)] + sorted[Math.ceil(last / 2)]) / 2;
}

/** The folder's files by name: with their folder before them the lines would not fit a terminal. */
function contents(folder: string, translates: boolean): string {
  const what: [string, string][] = [
    [files.summary, "the numbers above"],
    [files.curves, "loss, scores and learned quantities as a picture"],
    [files.metrics, "a line a logging step"],
    [files.config, "everything needed to do it again"],
    [files.checkpoint, "parameters and state, for --resume or openRun"],
    ...translates ? [[files.subwords, "how lines become tokens"] as [string, string]] : [],
  ];
  return `Everything is in ${folder}\n${columns(what)}`;
}
