/**
 * The losses of several seeds as one line.
 * @module
 */
import { metricsOf, type Run } from "./laboratory.ts";
import type { Line } from "./diagram.ts";

/** The geometric mean over runs of what they logged, at the steps that all of them have. */
export async function lossLine(name: string, runs: readonly Run[]): Promise<Line> {
  const finished = runs.filter(({ summary }) => summary);
  const all = (await Promise.all(finished.map(metricsOf))).flat().filter(({ loss }) => loss > 0);
  const points = Array.from(Map.groupBy(all, ({ step }) => step))
    .filter(([, lines]) => lines.length === finished.length)
    .map(([x, lines]) => ({ x, y: Math.exp(lines.reduce((sum, { loss }) => sum + Math.log(loss), 0) / lines.length) }));
  return { name, points };
}
