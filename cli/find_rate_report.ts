/**
 * What a finished search prints and writes.
 * @module
 */
import { columns } from "../display/columns.ts";
import { curvesSvg } from "../display/curves_svg.ts";
import type { FoundRate } from "../studies/find_rate/find_rate.ts";
import { type Found, foundRows, type SeedRate } from "../studies/find_rate/found.ts";
import { rateChart, ratePanels } from "../studies/find_rate/rate_pictures.ts";
import type { PlannedSearch } from "./find_rate_plan.ts";
import { rateText } from "../studies/find_rate/rate_text.ts";

const WIDTH = 72; // at most
const STABLE = 2; // seeds that agree to this factor need no warning: a rate need not be known better
const TAIL = 10; // steps whose losses are averaged
const LEARNED = 0.9; // of the loss of the first steps: what the last ones of every seed should be below

/** The files. */
export const files = { json: "find-rate.json", picture: "find-rate.svg" } as const;

/** Why the rate should not be trusted; undefined where it may. */
export function warning({ spread, bySeed }: Found): string | undefined {
  const mean = (curve: SeedRate["curve"]) => curve.reduce((sum, { loss }) => sum + loss, 0) / curve.length;
  const stuck = bySeed.filter(({ curve }) => !(mean(curve.slice(-TAIL)) < LEARNED * mean(curve.slice(0, 1))));
  if (stuck.length > 0) {
    return `seed ${stuck.map(({ seed }) => seed).join(", ")} learned nothing at its rate: take a far smaller one`;
  }
  const lowest = Math.min(...bySeed.map(({ rate }) => rate));
  return spread > STABLE
    ? `the seeds disagree by a factor of ${spread.toFixed(2)}: ${rateText(lowest)} is safer`
    : undefined;
}

/** The rate, the picture, and how to train with it. */
export function report(found: FoundRate, search: PlannedSearch): string {
  const width = Math.min(WIDTH, Deno.stdout.isTerminal() && Deno.consoleSize().columns || WIDTH);
  return [columns(foundRows(found)), rateChart(found, width), `Train with it:\n  ${search.trainCommand(found.rate)}`]
    .join("\n\n");
}

/** The files' contents by name. */
export async function contents(found: FoundRate, search: PlannedSearch): Promise<Record<string, string>> {
  const { rate, range, spread, bySeed } = found, { config, optimizer, steps, seeds, from } = search;
  const { task, model, modelChoice, batchSize, backend, blas, data, settings, versions } = config;
  const { sourceLanguage, labelNoise } = config;
  const problem = {
    task,
    model,
    modelChoice,
    data,
    ...sourceLanguage && { sourceLanguage },
    ...labelNoise && { labelNoise },
    optimizer,
    batchSize,
  };
  const json = {
    format: 1,
    rate,
    range,
    spread,
    train: search.trainCommand(rate),
    ...problem,
    steps,
    seeds,
    from,
    lambdaFsd: settings.lambdaFsd,
    backend,
    ...blas && { blas },
    versions,
    bySeed,
  };
  return { [files.json]: JSON.stringify(json, null, 2) + "\n", [files.picture]: await curvesSvg(ratePanels(found)) };
}
