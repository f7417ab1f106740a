/**
 * Entries of APO.
 * @module
 */
import { amortize, type AmortizeOptions, defaultLambdaFsd } from "../amortizer/amortize.ts";
import { metaByName, type MetaOptimizerName, metaRateOf } from "../amortizer/meta_optimizers.ts";
import type { MetaOptions } from "../amortizer/defaults.ts";
import type { Caution } from "../amortizer/caution.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { type Base, baseDirection, type BaseName, bases } from "./bases.ts";
import { linearDecay, warmUp } from "../schedules.ts";
import type { Tree } from "../../runtime/tensor.ts";
import { BY_NOISE, learnedWarmUpSteps } from "./by_noise.ts";
import { type CatalogueEntry, schedules, type Setting, type Settings } from "./entry.ts";

/** Of A and B as the paper learns them: quicker than full factors, and on the built-in tasks better, as there is less to learn. */
export const BLOCK = 64;

type Schedule = NonNullable<Settings["schedule"]>;

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
    tuned: ["lambdaFsd", "metaRate"],
    complete: (settings) => {
      const rule = parameterization(settings), { metaOptimizer = metaOptimizerOf(rule) } = settings;
      const { schedule = scheduleOf(metaOptimizer) } = settings;
      return {
        lambdaFsd: discrepancyOf(base, schedule).lambdaFsd,
        lambdaWsd: 0,
        schedule,
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
      const { schedule = scheduleOf(metaOptimizer) } = settings;
      return amortize({
        problem,
        direction: baseDirection(base, settings, problem.model.leaves),
        parameterization: rule,
        objective: { ...discrepancyOf(base, schedule, settings.lambdaFsd), lambdaWsd: settings.lambdaWsd },
        ...scheduling(base, schedule, settings.steps),
        meta: metaOptions(rule, settings),
        weightDecay: settings.weightDecay,
      });
    },
  };
}

/** Of rates: what the noise asks for, as a whole decay costs training loss where there is little. The paper's procedure has none. */
const scheduleOf = (metaOptimizer: MetaOptimizerName): Schedule =>
  metaOptimizer === "normalized" ? BY_NOISE : "constant";

/**
 * Where a schedule follows the noise, so does λ_FSD: smaller than else where there is none, larger where there is much, and more so
 * for directions that do not shrink with the gradient, as in long runs their rates grow too large; but not where most of the loss
 * is gone, as there noise needs the decay only (docs/tried.md).
 */
function discrepancyOf(base: BaseName, schedule: Schedule, given?: number): { lambdaFsd: number; caution?: Caution } {
  const { direction: directionOf, shrinks }: Base = bases[base];
  const direction = directionOf({}), usual = defaultLambdaFsd(direction);
  if (direction.discrepancy) return { ...direction.discrepancy, lambdaFsd: given ?? usual };
  if (schedule !== BY_NOISE) return { lambdaFsd: given ?? usual };
  return { lambdaFsd: given ?? usual / 3, caution: { power: 1, most: shrinks ? 7 : 15, remaining: 0.45 } };
}

/**
 * By noise, the rate that the search finds is warmed up to, as it may kill ReLU units at once; but not that of Muon, whose best runs
 * have no warm-up (docs/tried.md).
 */
function scheduling(
  base: BaseName,
  schedule: Schedule,
  steps: number,
): Pick<AmortizeOptions<Tree>, "schedule" | "decayByNoise"> {
  if (schedule === "constant") return {};
  if (schedule !== BY_NOISE) return { schedule: schedules[schedule](1, steps) };
  const { warmsUp = true }: Base = bases[base];
  return {
    ...warmsUp && { schedule: warmUp(learnedWarmUpSteps(steps), 1) },
    decayByNoise: linearDecay({ initial: 1, steps }),
  };
}

const metaOptimizerOf = (rule: Parameterization): MetaOptimizerName => rule.logRates ? "normalized" : "adam";

function metaOptions(rule: Parameterization, settings: Settings): MetaOptions {
  const { metaOptimizer = metaOptimizerOf(rule), metaRate, every, metaSteps } = settings;
  return { ...metaByName(metaOptimizer, rule, metaRate), ...every && { every }, ...metaSteps && { steps: metaSteps } };
}
