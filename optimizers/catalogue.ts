/**
 * Optimizers by name: one line each. The command line, comparisons and benches take their optimizers from here.
 * @module
 */
import type { Problem } from "../proximal/problem.ts";
import { named } from "../runtime/nearest.ts";
import { amortize, defaultLambdaFsd } from "./amortizer.ts";
import { adam } from "./directions/adam.ts";
import { chain } from "./directions/chain.ts";
import { clipByGlobalNorm } from "./directions/clip.ts";
import type { Direction } from "./directions/direction.ts";
import { gradient } from "./directions/gradient.ts";
import { momentum } from "./directions/momentum.ts";
import { rmsprop } from "./directions/rmsprop.ts";
import { fixedRate } from "./fixed_rate.ts";
import { metaByName, type MetaOptimizerName, metaRateOf } from "./meta/by_name.ts";
import type { MetaOptions } from "./meta/defaults.ts";
import type { Optimizer } from "./optimizer.ts";
import { diagonal } from "./parameterizations/diagonal.ts";
import { fullMatrix } from "./parameterizations/full.ts";
import { kfacStructured } from "./parameterizations/kfac.ts";
import { perBlockRates, scalarRate } from "./parameterizations/log_rates.ts";
import type { Parameterization } from "./parameterizations/parameterization.ts";
import { cosine, linearDecay, type Scheduled, stepDecay, warmUp } from "./schedules.ts";

/** What the settings of an optimizer can be. */
export interface Settings {
  /** Steps of the whole run: the horizon of schedules. */
  readonly steps: number;
  /** The fixed or the initial rate. */
  readonly learningRate: number;
  /** Of a fixed rate; constant unless given. */
  readonly schedule?: ScheduleName;
  /** Decoupled; for APO in the metric of P. */
  readonly weightDecay?: number;
  /** The largest global norm of the gradient. */
  readonly clip?: number;
  /** λ_FSD. */
  readonly lambdaFsd?: number;
  /** λ_WSD. */
  readonly lambdaWsd?: number;
  /** K. */
  readonly every?: number;
  /** Meta steps at a time. */
  readonly metaSteps?: number;
  /** The meta-optimizer's rate. */
  readonly metaRate?: number;
  /** What moves φ. */
  readonly metaOptimizer?: MetaOptimizerName;
  /** Of A and B. */
  readonly blockSize?: number;
}

/** A setting's name. */
export type Setting = keyof Settings;

/** An optimizer by name. */
export interface CatalogueEntry {
  /** One line for people. */
  readonly description: string;
  /** The direction that it moves along; picks the task's learning rate for it. */
  readonly base: BaseName;
  /** The rate comes from the user or the task (fixed), or is learned from a start that matters little. */
  readonly learns: boolean;
  /** The settings that mean something to it. */
  readonly settings: readonly Setting[];
  /** The settings with everything that was not given filled in: what a run writes down. */
  complete(settings: Settings): Settings;
  /** Builds it. */
  build(problem: Problem, settings: Settings): Optimizer;
}

/** Directions by name. */
export type BaseName = "sgd" | "momentum" | "rmsprop" | "adam";
/** Schedules by name. */
export type ScheduleName = "constant" | "step" | "cosine" | "linear" | "warmup-linear";

const BLOCK = 64; // quicker than full factors, and on the built-in tasks better: A and B have fewer parameters to learn

const bases: Record<BaseName, () => Direction> = {
  sgd: () => gradient(),
  momentum: () => momentum(),
  rmsprop: () => rmsprop(),
  adam: () => adam(),
};

/** The schedules that `--schedule` takes. */
export const schedules: Readonly<Record<ScheduleName, (rate: number, steps: number) => Scheduled>> = {
  constant: (rate) => rate,
  step: (initial, steps) => stepDecay({ initial, every: Math.max(1, Math.ceil(steps / 3)), factor: 0.1 }),
  cosine: (initial, steps) => cosine({ initial, steps }),
  linear: (initial, steps) => linearDecay({ initial, steps }),
  "warmup-linear": (initial, steps) => warmUp(Math.ceil(0.2 * steps), linearDecay({ initial, steps })),
};

function direction(base: BaseName, { clip }: Settings): Direction {
  return clip === undefined ? bases[base]() : chain(clipByGlobalNorm(clip), bases[base]());
}

function fixed(base: BaseName, description: string): CatalogueEntry {
  return {
    description,
    base,
    learns: false,
    settings: ["learningRate", "schedule", "weightDecay", "clip"],
    complete: (settings) => ({ schedule: "constant", weightDecay: 0, ...settings }),
    build: (problem, settings) =>
      fixedRate({
        problem,
        direction: direction(base, settings),
        learningRate: schedules[settings.schedule ?? "constant"](settings.learningRate, settings.steps),
        weightDecay: settings.weightDecay,
      }),
  };
}

function amortized(
  base: BaseName,
  description: string,
  parameterization: (settings: Settings) => Parameterization,
  more: readonly Setting[] = [],
): CatalogueEntry {
  return {
    description,
    base,
    learns: true,
    settings: [
      ...["learningRate", "weightDecay", "clip", "lambdaFsd", "lambdaWsd"] as const,
      ...["every", "metaSteps", "metaRate", "metaOptimizer"] as const,
      ...more,
    ],
    complete: (settings) => {
      const rule = parameterization(settings), { metaOptimizer = metaOptimizerOf(rule) } = settings;
      return {
        lambdaFsd: defaultLambdaFsd(bases[base]()),
        lambdaWsd: 0,
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
      const rule = parameterization(settings);
      return amortize({
        problem,
        direction: direction(base, settings),
        parameterization: rule,
        objective: { lambdaFsd: settings.lambdaFsd, lambdaWsd: settings.lambdaWsd },
        meta: metaOptions(rule, settings),
        weightDecay: settings.weightDecay,
      });
    },
  };
}

const metaOptimizerOf = (rule: Parameterization): MetaOptimizerName => rule.logRates ? "normalized" : "adam";

function metaOptions(rule: Parameterization, settings: Settings): MetaOptions {
  const { metaOptimizer = metaOptimizerOf(rule), metaRate, every, metaSteps } = settings;
  return { ...metaByName(metaOptimizer, rule, metaRate), ...every && { every }, ...metaSteps && { steps: metaSteps } };
}

const scalar = ({ learningRate }: Settings) => scalarRate({ learningRate });

/** The optimizers. */
export const catalogue: Readonly<Record<string, CatalogueEntry>> = {
  sgd: fixed("sgd", "gradient descent at a fixed rate or by a schedule"),
  momentum: fixed("momentum", "heavy-ball momentum (0.9), likewise"),
  rmsprop: fixed("rmsprop", "RMSprop, likewise"),
  adam: fixed("adam", "Adam (AdamW with --weight-decay), likewise"),
  "apo-sgd": amortized("sgd", "APO learns the rate of gradient descent", scalar),
  "apo-momentum": amortized("momentum", "APO learns the rate of momentum", scalar),
  "apo-rmsprop": amortized("rmsprop", "APO learns the rate of RMSprop", scalar),
  "apo-adam": amortized("adam", "APO learns the rate of Adam", scalar),
  "apo-per-block": amortized(
    "momentum",
    "APO learns a rate for each kernel and bias, on momentum",
    ({ learningRate }) => perBlockRates({ learningRate }),
  ),
  "apo-diagonal": amortized(
    "momentum",
    "APO learns a rate for each weight, on momentum",
    ({ learningRate }) => diagonal({ learningRate }),
  ),
  "apo-kfac": amortized(
    "momentum",
    "APO learns KFAC-structured preconditioners (blocks of 64), on momentum",
    ({ learningRate, blockSize = BLOCK }) => kfacStructured({ learningRate, blockSize }),
    ["blockSize"],
  ),
  "apo-full": amortized(
    "momentum",
    "APO learns one matrix for all parameters, on momentum, for toy problems",
    ({ learningRate }) => fullMatrix({ learningRate }),
  ),
};

/** The optimizer of a name. @throws `UserError` with the nearest name. */
export function catalogued(name: string): CatalogueEntry {
  return named("--optimizer", name, catalogue);
}
