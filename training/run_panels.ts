/**
 * Which curves a run's picture shows.
 * @module
 */
import type { Panel, Series } from "../display/curves_svg.ts";
import type { Scores } from "./evaluate.ts";
import type { MetricsLine } from "./metrics_lines.ts";

/** A step and, where it was evaluated, its scores. */
type Evaluated = { readonly step: number; readonly validation?: Scores; readonly test?: Scores };

/**
 * Loss, the metrics on validation data, or else on test data, and the learned quantities, or a schedule's rate, each against the step.
 *
 * @param lines Of the logging steps.
 * @param end The scores of the end, where it was evaluated.
 */
export function runPanels(lines: readonly MetricsLine[], end?: Evaluated): Panel[] {
  const part = [...lines, end].some((line) => line?.validation) ? "validation" : "test";
  const tests: readonly Evaluated[] = end?.[part] ? [...lines.filter(({ step }) => step !== end.step), end] : lines;
  const curve = <Line extends Evaluated>(
    name: string,
    lines: readonly Line[],
    value: (line: Line) => number | undefined,
  ): Series => ({
    name,
    points: lines.flatMap((line) => {
      const y = value(line);
      return typeof y === "number" && Number.isFinite(y) ? [{ step: line.step, value: y }] : [];
    }),
  });
  const series = (name: string, value: (line: MetricsLine) => number | undefined) => curve(name, lines, value);
  const test = (score: string, name = score) => curve(name, tests, (line) => line[part]?.[score]);
  const names = (records: readonly (object | undefined)[]) => [
    ...new Set(records.flatMap((record) => Object.keys(record ?? {}))),
  ];
  const scores = names(tests.map((line) => line[part])), learned = names(lines.map(({ learned }) => learned));
  const panels: Panel[] = [{
    title: "Loss",
    y: "loss",
    scale: "log",
    series: [
      series("training batch", (line) => line.loss),
      ...scores.includes("loss") ? [test("loss", part)] : [],
    ],
  }];
  for (const score of scores.filter((name) => name !== "loss")) {
    panels.push({
      title: `${part === "test" ? "Test" : "Validation"} ${spelled(score)}`,
      y: spelled(score),
      series: [test(score)],
    });
  }
  const rates = series("learning rate", (line) => line.learningRate as number | undefined);
  if (learned.length === 0 && new Set(rates.points.map(({ value }) => value)).size > 1) {
    panels.push({ title: "Learning rate", y: "η", scale: "log", series: [rates] });
  }
  if (learned.length > 0) {
    const curves = learned.map((name) => series(name, (line) => line.learned?.[name]));
    const rates = learned.every((name) => name.split("/", 1)[0] === "rate");
    panels.push({
      title: rates ? "Learning rate" : "Learned quantities",
      y: rates ? "η" : "value",
      scale: "log",
      series: curves,
    });
  }
  return panels;
}

/** `reconstructionError` as `reconstruction error`, and `testBleu` as `test BLEU`. */
export function spelled(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/\bbleu\b/, "BLEU");
}
