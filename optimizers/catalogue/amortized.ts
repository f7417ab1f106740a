/**
 * Entries of APO.
 * @module
 */
import { amortize, defaultLambdaFsd } from "../amortizer.ts";
import { metaByName, type MetaOptimizerName, metaRateOf } from "../meta/by_name.ts";
import type { MetaOptions } from "../meta/defaults.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { baseDirection, type BaseName, bases } from "./bases.ts";
import { type CatalogueEntry, type ScheduleName, schedules, type Setting, type Settings } from "./entry.ts";

/** Of A and B as the paper learns them: quicker than full factors, and on the built-in tasks better, as there is less to learn. */
export const BLOCK = 64;

const START = 0.01; // of learned rates: the start-up search makes it matter little

/** APO of a parameterization on a direction; `more` are the settings that the parameterization takes besides. */
export function amortized(
  base: BaseName,
  description: string,
  parameterization: (settings: Settings) => Parameterization,
  more: readonly Setting[] = [],
): CatalogueEntry {
  return {
    description,
    learningRate: START,
    learns: true,
    settings: [
      ...["learningRate", "schedule", "weightDecay", "clip", "lambdaFsd", "lambdaWsd"] as const,
      ...["every", "metaSteps", "metaRate", "metaOptimizer"] as const,
      ...more,
    ],
    complete: (settings) => {
      const rule = parameterization(settings), { metaOptimizer = metaOptimizerOf(rule) } = settings;
      return {
        lambdaFsd: defaultLambdaFsd(bases[base].direction({})),
        lambdaWsd: 0,
        schedule: scheduleOf(base, metaOptimizer),
        every: 10,
        metaSteps: 1,
        metaOptimizer,
        metaRate: metaRateOf(metaOptimizer, rule),
        weightDecay: 0,
        ...more.includes("blockSize") && { blockSize: BLOCK },
        ...settings,
      };
    },
    build: (problem, settings) => {
      const rule = parameterization(settings), { metaOptimizer = metaOptimizerOf(rule) } = settings;
      const { schedule = scheduleOf(base, metaOptimizer) } = settings;
      return amortize({
        problem,
        direction: baseDirection(base, settings, problem.model.leaves),
        parameterization: rule,
        objective: { lambdaFsd: settings.lambdaFsd, lambdaWsd: settings.lambdaWsd },
        ...schedule !== "constant" &&
          { schedule: schedules[schedule](1, settings.steps), byNoise: schedule === "by-noise" },
        meta: metaOptions(rule, settings),
        weightDecay: settings.weightDecay,
      });
    },
  };
}

/**
 * Of rates: without a warm-up the rate that the search finds is too large where gradient noise matters later, and where it does
 * not, a decay costs training loss (docs/tried.md). The paper's procedure has none. Muon's steps do not shrink with the gradient: theirs
 * decay in any case.
 */
const scheduleOf = (base: BaseName, metaOptimizer: MetaOptimizerName): ScheduleName => {
  if (metaOptimizer !== "normalized") return "constant";
  return base === "muon" ? "warmup-linear" : "by-noise";
};
const metaOptimizerOf = (rule: Parameterization): MetaOptimizerName => rule.logRates ? "normalized" : "adam";

function metaOptions(rule: Parameterization, settings: Settings): MetaOptions {
  const { metaOptimizer = metaOptimizerOf(rule), metaRate, every, metaSteps } = settings;
  return { ...metaByName(metaOptimizer, rule, metaRate), ...every && { every }, ...metaSteps && { steps: metaSteps } };
}
