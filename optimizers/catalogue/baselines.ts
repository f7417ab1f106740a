/**
 * Entries of optimizers that are more than a direction at a rate.
 * @module
 */
import type { Problem } from "../../proximal/problem.ts";
import { hypergradient } from "../baselines/hypergradient.ts";
import { kfac } from "../curvature/kfac.ts";
import { prodigy } from "../baselines/prodigy.ts";
import { proximalPoint } from "../baselines/proximal_point.ts";
import { scheduleFreeSgd } from "../baselines/schedule_free.ts";
import { dampedNewton, naturalGradient } from "../curvature/second_order.ts";
import { scheduleFreeAdamw } from "../baselines/schedule_free_adamw.ts";
import type { Optimizer } from "../optimizer.ts";
import { bases } from "./bases.ts";
import { type CatalogueEntry, scheduledRate, type Setting, type Settings } from "./entry.ts";

/** An entry whose settings besides the learning rate have these defaults. */
function entry(
  description: string,
  learningRate: CatalogueEntry["learningRate"],
  defaults: Partial<Settings>,
  build: (problem: Problem, settings: Settings) => Optimizer,
  tuned?: CatalogueEntry["tuned"],
): CatalogueEntry {
  const complete = (settings: Settings): Settings => ({ ...defaults, ...settings });
  return {
    description,
    learningRate,
    learns: false,
    settings: ["learningRate", ...Object.keys(defaults) as Setting[]],
    tuned,
    complete,
    build: (problem, settings) => build(problem, complete(settings)),
  };
}

/** Hypergradient descent from the task's rate. */
function hypergradientEntry(base: "sgd" | "adam", hyperRate: number): CatalogueEntry {
  return entry(
    `hypergradient descent on the rate of ${base === "sgd" ? "gradient descent" : "Adam"}`,
    bases[base].learningRate,
    { hyperRate },
    (problem, { learningRate, hyperRate }) =>
      hypergradient({ problem, direction: bases[base].direction({}), learningRate, hyperRate: hyperRate! }),
    ["learningRate", "hyperRate"],
  );
}

const secondOrder = (problem: Problem, settings: Settings) => ({
  problem,
  learningRate: scheduledRate(settings),
  lambdaFsd: settings.lambdaFsd,
  lambdaWsd: settings.lambdaWsd,
});

/** By name. */
export const baselines: Readonly<Record<string, CatalogueEntry>> = {
  kfac: entry(
    "KFAC with a trust region; the learning rate is a factor of each step",
    1,
    { schedule: "constant", damping: 0.1, trustRegion: 1e-3 },
    (problem, settings) => {
      const { damping, trustRegion } = settings;
      return kfac({ problem, learningRate: scheduledRate(settings), damping, trustRegion });
    },
    ["trustRegion", "damping"],
  ),
  "natural-gradient": entry(
    "natural gradient (Gauss–Newton, by the task's discrepancy) by 10 conjugate gradients; of dense layers",
    0.1, // with 0.3 some MNIST runs diverge
    { schedule: "constant", lambdaFsd: 1, lambdaWsd: 0.1 },
    (problem, settings) => naturalGradient({ ...secondOrder(problem, settings), iterations: 10 }),
  ),
  newton: entry(
    "damped Newton, for toy problems",
    1,
    { schedule: "constant", lambdaWsd: 0.1 },
    (problem, settings) => dampedNewton(secondOrder(problem, settings)),
  ),
  "proximal-point": entry(
    "the proximal step itself, by inner steps of momentum at the learning rate: what APO amortizes",
    "momentum",
    { lambdaFsd: 1, lambdaWsd: 0, innerSteps: 10 },
    (problem, { learningRate, lambdaFsd, lambdaWsd, innerSteps }) =>
      proximalPoint({ problem, lambdaFsd, lambdaWsd, innerRate: learningRate, innerSteps }),
  ),
  "schedule-free-sgd": entry(
    "schedule-free SGD",
    1,
    { weightDecay: 0 },
    (problem, { learningRate, weightDecay }) => scheduleFreeSgd({ problem, learningRate, weightDecay }),
  ),
  "schedule-free-adamw": entry(
    "schedule-free AdamW",
    0.0025,
    { weightDecay: 0 },
    (problem, { learningRate, weightDecay }) => scheduleFreeAdamw({ problem, learningRate, weightDecay }),
  ),
  prodigy: entry(
    "Prodigy: Adam whose rate estimates the distance to the solution; the learning rate multiplies it",
    1,
    { schedule: "constant", weightDecay: 0 },
    (problem, settings) =>
      prodigy({ problem, learningRate: scheduledRate(settings), weightDecay: settings.weightDecay }),
  ),
  "sgd-hd": hypergradientEntry("sgd", 1e-3),
  "adam-hd": hypergradientEntry("adam", 1e-7),
};
