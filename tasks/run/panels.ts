/**
 * Which curves a run's picture shows.
 * @module
 */
import type { Panel, Series } from "./curves.ts";
import type { MetricsLine } from "./metrics.ts";

/** Loss, the test metrics and the learned quantities, each against the step. */
export function runPanels(lines: readonly MetricsLine[]): Panel[] {
  const series = (name: string, value: (line: MetricsLine) => number | undefined): Series => ({
    name,
    points: lines.flatMap((line) => {
      const y = value(line);
      return typeof y === "number" && Number.isFinite(y) ? [{ step: line.step, value: y }] : [];
    }),
  });
  const names = (record: (line: MetricsLine) => object | undefined) => [
    ...new Set(lines.flatMap((line) => Object.keys(record(line) ?? {}))),
  ];
  const scores = names((line) => line.test), learned = names((line) => line.learned);
  const panels: Panel[] = [{
    title: "Loss",
    y: "loss",
    scale: "log",
    series: [
      series("training batch", (line) => line.loss),
      ...scores.includes("loss") ? [series("test", (line) => line.test?.loss)] : [],
    ],
  }];
  for (const score of scores.filter((name) => name !== "loss")) {
    panels.push({
      title: `Test ${spelled(score)}`,
      y: spelled(score),
      series: [series(score, (line) => line.test?.[score])],
    });
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

/** `reconstructionError` as `reconstruction error`. */
export function spelled(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
