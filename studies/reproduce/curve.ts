/**
 * What several seeds logged as one line.
 * @module
 */
import type { MetricsLine } from "../../training/metrics_lines.ts";
import { geometricMean } from "../statistics.ts";
import type { Line } from "./diagram.ts";
import { metricsOf, type Run } from "./laboratory.ts";

/** The geometric mean over runs of the batches' losses, at the steps that all of them have logged. */
export async function lossLine(name: string, runs: readonly Run[]): Promise<Line> {
  return await meanLine(name, runs, ({ loss }) => loss);
}

/** The same of the learned rate. */
export async function rateLine(name: string, runs: readonly Run[]): Promise<Line> {
  return await meanLine(name, runs, ({ learned }) => learned.rate);
}

async function meanLine(name: string, runs: readonly Run[], value: (line: MetricsLine) => number): Promise<Line> {
  const finished = runs.filter(({ summary }) => summary);
  const all = (await Promise.all(finished.map(metricsOf))).flat().filter((line) => value(line) > 0);
  const points = Array.from(Map.groupBy(all, ({ step }) => step))
    .filter(([, lines]) => lines.length === finished.length)
    .map(([x, lines]) => ({ x, y: geometricMean(lines.map(value)) }));
  return { name, points };
}
