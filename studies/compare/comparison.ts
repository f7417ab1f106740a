/**
 * What is compared: everything needed to do it again.
 * @module
 */
import { catalogue } from "../../optimizers/catalogue/catalogue.ts";
import { UserError } from "../../runtime/errors.ts";
import { named } from "../../runtime/nearest.ts";
import { pickOptions } from "../../runtime/option.ts";
import { commonGround, firstStep, type Ground, prepared } from "../../cli/prepared.ts";
import { spelled } from "../../cli/flags.ts";
import type { RunConfig } from "../../runs/config.ts";
import { type Choices, runOptions } from "../../runs/options.ts";
import { versions } from "../../runs/versions.ts";
import { modelText } from "../../tasks/task.ts";
import type { Values } from "../tune.ts";
import { type Budget, parseBudget } from "./budget.ts";
import { type Given, OPTIMIZERS, SEEDS, sharedFlags, TRIALS } from "../../cli/compare_flags.ts";
import { parseSettings, settingsText } from "./settings.ts";

/** One of the optimizers. */
export interface Contestant {
  /** What the comparison calls it: the optimizer's name unless given another one. */
  readonly name: string;
  /** What `--set` says. */
  readonly given: Choices;
  /** Of its runs, which differ from it in seed, steps, how often they log, and what tuning found. */
  readonly config: RunConfig;
  /** Of its trials; absent where nothing is tuned. */
  readonly trial?: RunConfig;
}

/** The contents of `comparison.json`. */
export interface Comparison {
  /** Of this file. */
  readonly format: 2;
  /** In the order of the table. */
  readonly contestants: readonly Contestant[];
  /** How many, from 0. */
  readonly seeds: number;
  /** Of each run. */
  readonly budget: Budget;
  /** How each optimizer is tuned; null where it is not. */
  readonly tuning: Tuning | null;
  /** What was chosen for all runs, task, data and backend among it. */
  readonly shared: Choices;
  /** Which data, in words. */
  readonly source: string;
  /** Which model and batches, in words. */
  readonly setup: string;
  /** Of what computes: runs of other versions cannot be compared with these. */
  readonly versions: Readonly<Record<string, string>>;
}

/** How each optimizer is tuned. */
export interface Tuning {
  /** Of each optimizer. */
  readonly trials: number;
  /** Of the training data, to tune on; null where the task has no test data: then on the training loss. */
  readonly holdout: number | null;
  /** Of the trials: none of the comparison's. */
  readonly seed: number;
}

/** The seed of calibrations and trials, and one more than the largest of the comparison. */
export const TUNING_SEED = 1000;
const HOLDOUT = 0.1, FEWEST_TRIALS = 3;
const EVALUATIONS = 15; // of a run: the points of its test curve

/** The comparison of these flags. Loads the data and starts the backend. @throws `UserError` for flags that cannot be. */
export async function plannedComparison(given: Given): Promise<Comparison> {
  const { seeds = SEEDS, optimizers = OPTIMIZERS } = given, entries = parseEntries(optimizers);
  if (seeds > TUNING_SEED) {
    throw new UserError({ argument: "seeds", value: seeds, remedy: `give at most ${TUNING_SEED}` });
  }
  if (given.trials !== undefined && !given.tune) {
    const problem = "means nothing without --tune", remedy = "add it, or leave --trials out";
    throw new UserError({ argument: "trials", value: given.trials, problem, remedy });
  }
  const { trials = TRIALS } = given;
  if (trials < FEWEST_TRIALS) {
    throw new UserError({ argument: "trials", value: trials, remedy: `give ${FEWEST_TRIALS} or more` });
  }
  const settings = parseSettings(given.set ?? [], entries.map(({ name }) => name));
  const budget = given.budget === undefined ? undefined : parseBudget(given.budget);

  const chosen = pickOptions(sharedFlags, given);
  const ground = await commonGround(chosen);
  const { task, folder, backend, data } = ground;
  const blas = backend === "wasm" ? ground.blas?.path ?? "off" : undefined; // as backend: what ran, not what was asked for
  const shared = pickOptions(sharedFlags, { ...chosen, task: task.name, backend, blas, data: folder });
  const tuning = given.tune ? { trials, holdout: data.test ? HOLDOUT : null, seed: TUNING_SEED } : null;
  const contestants = entries.map((entry) => contestant(entry, settings[entry.name] ?? {}, shared, tuning, ground));
  const { model, modelChoice, batchSize } = contestants[0].config;
  return {
    format: 2,
    contestants,
    seeds,
    budget: budget ?? { steps: task.defaults.steps },
    tuning,
    shared,
    source: data.source,
    setup: `${modelText(model, modelChoice)}; batches of ${batchSize}`,
    versions: versions(ground.blas),
  };
}

interface Entry {
  readonly name: string;
  readonly optimizer: string;
}

/** Optimizers, with names of their own where there are such: `adam`, or `cosine=adam`. */
function parseEntries(texts: readonly string[]): Entry[] {
  const entries = texts.map((text) => {
    const [, name, optimizer] = /^([\w.-]+)=(.*)$/.exec(text) ?? [, text, text];
    named("optimizers", optimizer, catalogue);
    return { name, optimizer };
  });
  const names = entries.map(({ name }) => name), twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return entries;
  const other = `${twice},other=${entries.find(({ name }) => name === twice)!.optimizer}`;
  const remedy = `name one of them otherwise: ${other}`;
  throw new UserError({ argument: "optimizers", value: texts, problem: `cannot be: ${twice} is there twice`, remedy });
}

const FEW = 2; // examples: enough to see whether an optimizer fits a model

/** Tries the runs, and the first step, before anything is written. */
function contestant(
  { name, optimizer }: Entry,
  given: Choices,
  shared: Choices,
  tuning: Tuning | null,
  ground: Ground,
): Contestant {
  const chosen = { ...shared, ...given, optimizer };
  try {
    const run = prepared(chosen, ground);
    firstStep(run, Math.min(FEW, run.data.train.size));
    const held = tuning?.holdout ? { holdout: tuning.holdout } : {};
    return { name, given, config: run.config, ...tuning && { trial: prepared({ ...chosen, ...held }, ground).config } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const set = Object.keys(given).length > 0 ? `--set=${settingsText(name, given)}` : `--optimizers=${name}`;
    const model = chosen.model ?? Object.keys(ground.task.models)[0];
    throw new UserError(`${set} with --model=${model}: ${spelled(error, runOptions)}`);
  }
}

/** A run of a contestant, or a trial: of so many steps, with values that tuning chose. */
export function runOf(config: RunConfig, seed: number, steps: number, values: Values = {}): RunConfig {
  const every = { logEvery: logEvery(steps), evalEvery: Math.ceil(steps / EVALUATIONS) };
  return { ...config, ...every, seed, settings: { ...config.settings, ...values, steps } };
}

/** How often runs log their loss: every 10 steps, and more often where that would be few points. */
export function logEvery(steps: number): number {
  return Math.max(1, Math.min(10, Math.floor(steps / 20)));
}
