/**
 * The table of a comparison.
 * @module
 */
import { percentage, short } from "../../display/numbers.ts";
import { spelled } from "../../training/run_panels.ts";
import type { Cells } from "../../display/cells.ts";
import { isFinished, type OptimizerResult, type Results } from "./results.ts";
import type { Mean } from "../statistics.ts";

const NONE = "–";
/** Of the others less is better. */
const HIGHER_IS_BETTER: readonly string[] = ["testAccuracy", "testBleu", "testBrevityPenalty"];

/** A row an optimizer. An optimizer of which runs failed is never the best: its mean is over those that went well. */
export function resultTable({ optimizers, comparison }: Results): Cells {
  const figures = [...new Set(optimizers.flatMap(({ means }) => figuresOf(means)))];
  const best = Object.fromEntries(figures.map((figure) => [figure, bestMean(optimizers, figure)]));
  const timed = "seconds" in comparison.budget;
  return {
    heads: ["optimizer", ...figures.map(titleOf), "time per step", ...timed ? ["steps"] : [], "failed runs"],
    rows: optimizers.map((optimizer) => [
      { text: optimizer.name },
      ...figures.map((figure) => {
        const mean = optimizer.means[figure];
        if (mean === undefined) return { text: NONE };
        return { text: plusMinus(figure, mean), best: optimizer.failures === 0 && mean.mean === best[figure] };
      }),
      { text: timeText(optimizer, optimizers[0]) },
      ...timed ? [{ text: stepsText(optimizer) }] : [],
      { text: `${optimizer.failures} of ${optimizer.runs.length}` },
    ]),
  };
}

/** The losses and scores, without the times. */
function figuresOf(means: OptimizerResult["means"]): string[] {
  return Object.keys(means).filter((figure) => figure === "trainLoss" || figure.startsWith("test"));
}

/** `testAccuracy` as `test accuracy`, `trainLoss` as `training loss`. */
function titleOf(figure: string): string {
  return figure === "trainLoss" ? "training loss" : spelled(figure);
}

function bestMean(optimizers: readonly OptimizerResult[], figure: string): number | undefined {
  const means = optimizers.filter(({ failures }) => failures === 0).flatMap(({ means }) => means[figure]?.mean ?? []);
  if (means.length === 0) return undefined;
  return HIGHER_IS_BETTER.includes(figure) ? Math.max(...means) : Math.min(...means);
}

/** `0.1234 ± 0.0021`: as many digits as the standard error makes sense of. */
export function plusMinus(figure: string, { mean, standardError }: Mean): string {
  const accuracy = figure === "testAccuracy", scale = accuracy ? 100 : 1, unit = accuracy ? " %" : "";
  if (standardError === null || standardError === 0) return percentage(accuracy ? "accuracy" : figure, mean);
  const value = mean * scale, error = standardError * scale;
  if (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) return `${value.toExponential(2)} ± ${error.toExponential(1)}`;
  const decimals = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(decimals)} ± ${error.toFixed(decimals)}${unit}`;
}

/** Relative to the first optimizer's, and in milliseconds. */
function timeText({ means }: OptimizerResult, first: OptimizerResult): string {
  const time = means.secondsPerStep?.mean, unit = first.means.secondsPerStep?.mean;
  if (time === undefined) return NONE;
  const milliseconds = `${short(1000 * time)} ms`;
  return unit === undefined ? milliseconds : `${(time / unit).toFixed(2)} × (${milliseconds})`;
}

/** Steps, and how long they took after all. */
function stepsText({ steps, means }: OptimizerResult): string {
  if (steps === null) return NONE;
  return means.seconds ? `${steps} in ${short(means.seconds.mean)} s` : String(steps);
}

const NEAR = 0.15; // of the budget: how far runs may be from it without a word

/** Which optimizers' runs were far from the budget: where the machine's speed changes between calibration and runs. */
function offBudget({ comparison: { budget }, optimizers }: Results): string[] {
  if (!("seconds" in budget)) return [];
  const off = optimizers.filter(({ means }) =>
    means.seconds && Math.abs(means.seconds.mean / budget.seconds - 1) > NEAR
  );
  if (off.length === 0) return [];
  return [
    `The machine was slower or faster than during the calibration: ${
      off.map(({ name }) => name).join(", ")
    } trained for ` +
    `${off.map(({ means }) => `${short(means.seconds.mean)} s`).join(", ")}, not ${budget.seconds} s.`,
  ];
}

/** What one has to know to read the table, a line each. `mark` is how the best stands out. */
export function notes(results: Results, mark = "in bold"): string[] {
  const { comparison, optimizers, jobs } = results,
    { seeds, tuning } = comparison,
    runs = optimizers.flatMap(({ runs }) => runs);
  const spread = seeds === 1
    ? "One seed: nothing tells how far another would be."
    : optimizers.every(({ means }) => figuresOf(means).every((figure) => means[figure].standardError === 0))
    ? `All ${seeds} seeds gave the same: nothing here depends on chance.`
    : `Mean ± standard error over ${seeds} seeds.`;
  const sample = runs.filter(isFinished).find(({ trainSample }) => trainSample !== undefined)?.trainSample;
  const resumed = runs.filter((run) => "fromStep" in run && run.fromStep > 0).length;
  return [
    `${spread} Best ${mark}, among the optimizers without failed runs.`,
    ...sample === undefined
      ? []
      : [`The training loss is that of ${sample.toLocaleString("en")} examples, drawn at random by the seed.`],
    `Time per step is without evaluations and checkpoints${
      optimizers[0].means.secondsPerStep ? `, and relative to ${optimizers[0].name}` : ""
    }.`,
    ...jobs > 1 ? [`${jobs} runs at a time shared the cores: times are rough (those of one at a time are exact).`] : [],
    tuning === null
      ? "Nothing was tuned: rates are the task's and the optimizers' defaults, or set by hand."
      : `Each was tuned before, in ${tuning.trials} trials ${
        tuning.holdout === null ? "by the training loss" : "that never saw the test data"
      }; their time does not count.`,
    ...offBudget(results),
    ...refusals(optimizers),
    ...resumed > 0 ? [`${resumed} of the runs were interrupted; their times are of the last part only.`] : [],
  ];
}

/** Which optimizers had steps refused, as their results were not finite: they look better than they are. */
function refusals(optimizers: readonly OptimizerResult[]): string[] {
  return optimizers.flatMap(({ name, runs, steps }) => {
    const finished = runs.filter(isFinished), refused = finished.reduce((sum, run) => sum + run.refused, 0);
    return refused === 0
      ? []
      : [`${name}: ${refused} of ${finished.length * steps!} steps were refused, their results not finite.`];
  });
}
