/**
 * Entries of APO.
 * @module
 */
import { metaByName, type MetaOptimizerName, metaRateOf } from "../amortizer/meta_optimizers.ts";
import type { MetaOptions } from "../amortizer/defaults.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { META } from "../tuned.ts";
import { baseDirection } from "./bases.ts";
import { BY_NOISE, type CatalogueEntry, type Setting, type Settings } from "./entry.ts";
import { recommended, recommendedLambdaFsd, recommendedRegime } from "./recommended.ts";

type Schedule = NonNullable<Settings["schedule"]>;

/** APO of a parameterization on a direction; `more` are the settings that the parameterization takes besides. */
export function amortized(
  base: string,
  description: string,
  parameterization: (settings: Settings) => Parameterization,
  more: readonly Setting[] = [],
): CatalogueEntry {
  return {
    description,
    learningRate: META.start,
    learns: true,
    settings: [
      ...["learningRate", "schedule", "weightDecay", "clip", "lambdaFsd", "lambdaWsd"] as const,
      ...["every", "metaSteps", "metaRate", "metaOptimizer"] as const,
      ...more,
    ],
    tuned: ["lambdaFsd", "metaRate"],
    complete: (settings) => {
      const rule = parameterization(settings), { metaOptimizer = metaOptimizerOf(rule) } = settings;
      const { schedule = scheduleOf(metaOptimizer) } = settings;
      return {
        lambdaFsd: recommendedLambdaFsd(base, schedule),
        lambdaWsd: 0,
        schedule,
        every: META.every,
        metaSteps: 1,
        metaOptimizer,
        metaRate: metaRateOf(metaOptimizer, rule),
        weightDecay: 0,
        ...more.includes("blockSize") && { blockSize: META.blockSize },
        ...settings,
      };
    },
    build: (problem, settings) => {
      const rule = parameterization(settings), { metaOptimizer = metaOptimizerOf(rule) } = settings;
      const { schedule = scheduleOf(metaOptimizer) } = settings;
      return recommended(base, {
        problem,
        steps: settings.steps,
        direction: baseDirection(base, settings, problem.model.leaves),
        parameterization: rule,
        regime: recommendedRegime(base, { ...settings, schedule }),
        objective: { lambdaWsd: settings.lambdaWsd },
        meta: metaOptions(rule, settings),
        weightDecay: settings.weightDecay,
      });
    },
  };
}

/** Of rates: what the noise asks for, as a whole decay costs training loss where there is little. The paper's procedure has none. */
const scheduleOf = (metaOptimizer: MetaOptimizerName): Schedule =>
  metaOptimizer === "normalized" ? BY_NOISE : "constant";

const metaOptimizerOf = (rule: Parameterization): MetaOptimizerName => rule.logRates ? "normalized" : "adam";

function metaOptions(rule: Parameterization, settings: Settings): MetaOptions {
  const { metaOptimizer = metaOptimizerOf(rule), metaRate, every, metaSteps } = settings;
  return { ...metaByName(metaOptimizer, rule, metaRate), ...every && { every }, ...metaSteps && { steps: metaSteps } };
}
