/**
 * Curves of several seeds as one, with a band around it.
 * @module
 */
import type { MetricsLine } from "../../training/metrics_lines.ts";
import { logEvery } from "./comparison.ts";

/** A point of a run's curve. */
export interface Point {
  /** Steps. */
  readonly x: number;
  readonly y: number;
}

/** A point of a band. */
export interface BandPoint {
  readonly x: number;
  readonly mean: number;
  /** The lowest of the runs. */
  readonly low: number;
  /** The highest. */
  readonly high: number;
}

const BINS = 50;

/** How many steps {@linkcode trainingCurve} averages: a fiftieth of the run, and two logged batches at least. */
export function binSteps(steps: number): number {
  return Math.max(Math.ceil(steps / BINS), 2 * logEvery(steps));
}

/** The logged losses of single batches, averaged over bins of so many steps; x in steps. */
export function trainingCurve(lines: readonly MetricsLine[], bin: number): Point[] {
  const bins = Map.groupBy(
    lines.filter(({ loss }) => Number.isFinite(loss)),
    ({ step }) => Math.floor((step - 1) / bin),
  );
  const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  return Array.from(bins.values(), (here) => ({
    x: mean(here.map(({ step }) => step)),
    y: mean(here.map(({ loss }) => loss)),
  }));
}

/** The losses, on validation data or else on test data, of the evaluations and of the end; x in steps. */
export function testCurve(lines: readonly MetricsLine[], steps: number, atEnd: number | undefined): Point[] {
  const evaluated = lines.flatMap(({ step, validation, test = validation }) =>
    test && step < steps ? [{ x: step, y: test.loss }] : []
  );
  return atEnd === undefined ? [] : [...evaluated, { x: steps, y: atEnd }];
}

/** Mean, lowest and highest of the runs' curves, where all of them have a point. */
export function bandOf(curves: readonly (readonly Point[])[]): BandPoint[] {
  return Array.from(Map.groupBy(curves.flat(), ({ x }) => x))
    .filter(([, here]) => here.length === curves.length)
    .map(([x, here]) => {
      const values = here.map(({ y }) => y), mean = values.reduce((sum, y) => sum + y, 0) / values.length;
      return { x, mean, low: Math.min(...values), high: Math.max(...values) };
    });
}
