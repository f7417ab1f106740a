/**
 * From choices to a run's configuration.
 * @module
 */
import { catalogued } from "../optimizers/catalogue/catalogue.ts";
import { BY_NOISE, type Settings, startingRate } from "../optimizers/catalogue/entry.ts";
import { settingOptions } from "../optimizers/catalogue/options.ts";
import { policyOf, type PolicyOptions } from "../optimizers/precision/policy.ts";
import { argument } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { pickOptions } from "../runtime/option.ts";
import { tasks } from "../tasks/list.ts";
import { taskNamed } from "./assemble.ts";
import type { RunConfig } from "./config.ts";
import { type Choices, modelOptions, precisionOptions } from "./options.ts";
import type { Extent } from "../data/batches.ts";
import { versions } from "./versions.ts";
import { completeChoice, type ModelChoice, stepsOf, type Task } from "../tasks/task.ts";

/** The task that was chosen, or else the first. */
export function plannedTask(chosen: Choices): Task {
  return taskNamed(chosen.task ?? tasks[0].name);
}

/** The format that nothing is rounded to. */
const FLOAT32 = "float32";

const plannedModel = (chosen: Choices, task: Task): string => chosen.model ?? Object.keys(task.models)[0];
const plannedOptimizer = (chosen: Choices, task: Task): string => chosen.optimizer ?? task.defaults.optimizer;
const chosenIn = (table: Parameters<typeof pickOptions>[0], chosen: Choices) =>
  Object.keys(pickOptions(table, chosen)) as (keyof Choices)[];

/**
 * Checks all that needs neither data nor a backend.
 *
 * @throws `UserError` for names that are unknown, and choices that mean nothing together.
 */
export function checkNames(chosen: Choices, task: Task): void {
  const model = plannedModel(chosen, task), { defaults } = named("model", model, task.models);
  for (const name of chosenIn(modelOptions, chosen)) {
    if (!(name in defaults)) throw meaningless(name, chosen, argument("model", model));
  }
  if (chosen.data && !task.readsFolder) throw meaningless("data", chosen, argument("task", task.name));
  for (const name of ["sourceLanguage", "beam"] as const) {
    if (chosen[name] && !task.translates) throw meaningless(name, chosen, argument("task", task.name));
  }
  checkPrecision(chosen);
  const { steps, epochs } = chosen;
  if (steps && epochs) {
    throw bad("epochs", epochs, `and ${argument("steps", steps)} cannot be together`, "give one of them");
  }
  const optimizer = plannedOptimizer(chosen, task), to = argument("optimizer", optimizer);
  const { learns, settings } = catalogued(optimizer);
  if (chosen.metaBatchSize && !learns) throw meaningless("metaBatchSize", chosen, to);
  for (const name of chosenIn(settingOptions, chosen)) {
    if (!(settings as readonly string[]).includes(name)) throw meaningless(name, chosen, to);
  }
  for (const name of ["learningRate", "schedule"] as const) {
    if (!chosen.replay || chosen[name] === undefined) continue;
    throw bad(name, chosen[name], `means nothing with ${argument("replay", chosen.replay)}`, "leave one of them out");
  }
  if (chosen.schedule === BY_NOISE && !settings.includes("metaOptimizer")) {
    throw bad("schedule", BY_NOISE, `means nothing to ${to}`, `give ${argument("schedule", "warmup-linear")}`);
  }
}

/**
 * The configuration of a new run, of choices that {@linkcode checkNames} lets pass.
 *
 * @param chosen With the rates of a replay, not the folder.
 * @param extent Of the training data.
 * @param computes What computes.
 * @throws `UserError` for sizes that cannot be.
 */
export function plan(
  chosen: Choices,
  task: Task,
  extent: Extent,
  computes: Pick<RunConfig, "backend" | "blas">,
): RunConfig {
  const { defaults } = task, model = plannedModel(chosen, task), { unit, all, least } = extent;
  const { batchSize = Math.min(Math.max(defaults.batchSize, least), all), epochs } = chosen;
  const { metaBatchSize = batchSize, sourceLanguage, labelNoise, holdout, beam } = chosen;
  for (const [name, size] of Object.entries({ batchSize, metaBatchSize })) {
    if (size > all) throw bad(name, size, "is more than the data", `there are ${all} ${unit}`);
    if (size < least && name === "batchSize") {
      throw bad(name, size, "is less than the longest sequence has", `give at least ${least} ${unit}`);
    }
  }
  const steps = chosen.steps ?? (epochs ? epochSteps(epochs, all, batchSize) : stepsOf(task, model));
  return {
    format: 1,
    task: task.name,
    model,
    modelChoice: completeChoice(task.models[model].defaults, pickOptions(modelOptions, chosen) as ModelChoice),
    optimizer: plannedOptimizer(chosen, task),
    settings: settings(chosen, task, steps),
    batchSize,
    metaBatchSize,
    seed: chosen.seed ?? 0,
    backend: computes.backend,
    ...chosen.strict && { strict: true },
    ...computes.blas && { blas: computes.blas },
    data: chosen.data ?? null,
    ...isNarrow(chosen) && pickOptions(precisionOptions, chosen) as PolicyOptions,
    ...sourceLanguage !== undefined && { sourceLanguage },
    ...labelNoise !== undefined && { labelNoise },
    ...holdout !== undefined && { holdout },
    ...beam !== undefined && { beam },
    logEvery: chosen.logEvery ?? 10,
    evalEvery: chosen.evalEvery ?? Math.max(100, Math.ceil(steps / 20)),
    checkpointEvery: chosen.checkpointEvery ?? 200,
    versions: versions(),
  };
}

/** Whether a format is chosen that is not the default. */
function isNarrow({ precision = FLOAT32 }: Choices): boolean {
  return precision !== FLOAT32;
}

/** @throws `UserError` for a policy that there is not. */
function checkPrecision(chosen: Choices): void {
  const [first] = chosenIn(precisionOptions, chosen).filter((name) => name !== "precision");
  if (isNarrow(chosen)) policyOf(pickOptions(precisionOptions, chosen) as PolicyOptions);
  else if (first) {
    throw bad(
      first,
      chosen[first],
      "means nothing in float32",
      `give ${argument("precision", "bf16")} with it, or leave it out`,
    );
  }
}

function bad(argument: string, value: unknown, problem: string, remedy: string): UserError {
  return new UserError({ argument, value, problem, remedy });
}

function meaningless(name: keyof Choices, chosen: Choices, to: string): UserError {
  return bad(name, chosen[name], `means nothing to ${to}`, "leave it out");
}

function epochSteps(epochs: number, examples: number, batchSize: number): number {
  const steps = Math.max(1, Math.round(epochs * Math.floor(examples / batchSize)));
  if (!Number.isSafeInteger(steps)) throw bad("epochs", epochs, "cannot be", "give fewer");
  return steps;
}

function settings(chosen: Choices, task: Task, steps: number): Settings {
  const { defaults } = task, optimizer = plannedOptimizer(chosen, task), entry = catalogued(optimizer);
  const replay = chosen.replay as Settings["replay"];
  return entry.complete({
    learningRate: startingRate(entry, defaults.learningRates),
    ...optimizer === defaults.optimizer && defaults.settings,
    ...pickOptions(settingOptions, chosen) as Partial<Settings>,
    ...replay && { learningRate: replay[0][1] },
    steps,
  });
}
