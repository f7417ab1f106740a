/**
 * What an optimizer of the catalogue is.
 * @module
 */
import type { Problem } from "../../proximal/problem.ts";
import { argument } from "../../runtime/argument.ts";
import { UserError } from "../../runtime/errors.ts";
import { cosine, inverseSquareRoot, linearDecay, replay, type Scheduled, stepDecay, warmUp } from "../schedules.ts";
import type { MetaOptimizerName } from "../amortizer/meta_optimizers.ts";
import type { Optimizer } from "../optimizer.ts";
import { warmUpSteps } from "../amortizer/regimes/by_noise.ts";

/** What the settings of an optimizer can be. */
export interface Settings {
  /** Steps of the whole run: the horizon of schedules. */
  readonly steps: number;
  /** The fixed or the initial rate. */
  readonly learningRate: number;
  /** Of a fixed rate, or of each step of a learned rule. */
  readonly schedule?: ScheduleName | "by-noise";
  /** Instead of a schedule: the rates that a run has learned, and up to which step each held. */
  readonly replay?: readonly (readonly [step: number, rate: number])[];
  /** Decoupled; for APO in the metric of P. */
  readonly weightDecay?: number;
  /** The largest global norm of the gradient. */
  readonly clip?: number;
  /** Of the average of the weights that is evaluated; 0 for none. */
  readonly average?: number;
  /** λ_FSD. */
  readonly lambdaFsd?: number;
  /** λ_WSD. */
  readonly lambdaWsd?: number;
  /** K. */
  readonly every?: number;
  /** Meta steps at a time. */
  readonly metaSteps?: number;
  /** The meta-optimizer's rate; μ of probes. */
  readonly metaRate?: number;
  /** What moves φ. */
  readonly metaOptimizer?: MetaOptimizerName;
  /** Of A and B. */
  readonly blockSize?: number;
  /** Of curvature. */
  readonly damping?: number;
  /** κ of KFAC and of APO by probes. */
  readonly trustRegion?: number;
  /** Of the inner optimizer of the proximal point method. */
  readonly innerSteps?: number;
  /** The rate of the rate, of hypergradient descent. */
  readonly hyperRate?: number;
}

/** A setting's name. */
export type Setting = keyof Settings;

/** The settings that can be searched for. */
export type TunedSetting = "learningRate" | "trustRegion" | "damping" | "hyperRate" | "lambdaFsd" | "metaRate";

/** An optimizer by name. */
export interface CatalogueEntry {
  /** One line for people. */
  readonly description: string;
  /** Where its learning rate comes from unless it is given: the task's for a direction of that name, or a number of its own. */
  readonly learningRate: TaskRate | number;
  /** The rate comes from the user or the task (fixed), or is learned from a start that matters little. */
  readonly learns: boolean;
  /** The settings that mean something to it. */
  readonly settings: readonly Setting[];
  /** Those to search for when it is tuned, in this order. Default: the learning rate. */
  readonly tuned?: readonly TunedSetting[];
  /** The settings with everything that was not given filled in: what a run writes down. */
  complete(settings: Settings): Settings;
  /** Builds it. */
  build(problem: Problem, settings: Settings): Optimizer;
}

/** The directions for which every task has a learning rate. */
export type TaskRate = "sgd" | "momentum" | "rmsprop" | "adam";

/** The learning rate of an entry on a task with these rates. */
export function startingRate({ learningRate }: CatalogueEntry, rates: Readonly<Record<TaskRate, number>>): number {
  return typeof learningRate === "number" ? learningRate : rates[learningRate];
}

/** The schedule of learned rates that follows the noise. Of learned rules only. */
export const BY_NOISE = "by-noise";

/** Schedules by name. */
export type ScheduleName = "constant" | "step" | "cosine" | "linear" | "warmup-linear" | "warmup-inverse-sqrt";

/** The schedules that can be chosen by name, besides `by-noise` of learned rules. */
export const schedules: Readonly<Record<ScheduleName, (rate: number, steps: number) => Scheduled>> = {
  constant: (rate) => rate,
  step: (initial, steps) => stepDecay({ initial, every: Math.max(1, Math.ceil(steps / 3)), factor: 0.1 }),
  cosine: (initial, steps) => cosine({ initial, steps }),
  linear: (initial, steps) => linearDecay({ initial, steps }),
  "warmup-linear": (initial, steps) => warmUp(warmUpSteps(steps), linearDecay({ initial, steps })),
  "warmup-inverse-sqrt": (initial, steps) =>
    warmUp(warmUpSteps(steps), inverseSquareRoot({ initial, steps: warmUpSteps(steps) })),
};

/** The learning rate that settings ask for. */
export function scheduledRate({ schedule = "constant", learningRate, steps, replay: learned }: Settings): Scheduled {
  if (learned) return replay({ metrics: learned.map(([step, rate]) => ({ step, learned: { rate } })) });
  if (schedule === BY_NOISE) {
    const problem = "is for rules that are learned on B and B′",
      remedy = `give ${argument("schedule", "warmup-linear")}`;
    throw new UserError({ argument: "schedule", value: BY_NOISE, problem, remedy });
  }
  return schedules[schedule](learningRate, steps);
}
