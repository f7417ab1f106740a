/**
 * From flags to a comparison.
 * @module
 */
import { catalogue } from "../optimizers/catalogue/catalogue.ts";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { pickOptions } from "../runtime/option.ts";
import { type Choices, runOptions } from "../runs/options.ts";
import { commonGround, firstStep, type Ground, prepared } from "../runs/prepared.ts";
import { versions } from "../runs/versions.ts";
import { parseBudget } from "../studies/compare/budget.ts";
import { type Comparison, type Contestant, type Tuning, TUNING_SEED } from "../studies/compare/comparison.ts";
import { modelText, stepsOf } from "../tasks/task.ts";
import { type Given, OPTIMIZERS, SEEDS, sharedFlags, TRIALS } from "./compare_flags.ts";
import { parseSettings, settingsText } from "./compare_settings.ts";
import { spelled } from "./flags.ts";

const HOLDOUT = 0.1;

/** The comparison of these flags. Loads the data and starts the backend. @throws `UserError` for flags that cannot be. */
export async function plannedComparison(given: Given): Promise<Comparison> {
  const { seeds = SEEDS, trials = TRIALS, optimizers = OPTIMIZERS } = given, entries = parseEntries(optimizers);
  if (given.trials !== undefined && !given.tune) {
    const problem = "means nothing without --tune", remedy = "add it, or leave --trials out";
    throw new UserError({ argument: "trials", value: given.trials, problem, remedy });
  }
  const settings = parseSettings(given.set ?? [], entries.map(({ name }) => name));
  const budget = given.budget === undefined ? undefined : parseBudget(given.budget);

  const chosen = pickOptions(sharedFlags, given);
  const ground = await commonGround({ ...chosen, threads: 1 }); // runs compute, in processes of their own
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
    budget: budget ?? { steps: stepsOf(task, model) },
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
    throw new UserError(`${set}: ${spelled(error, runOptions)}`);
  }
}
