/**
 * From flags to a run's configuration.
 * @module
 */
import { type Activation, activations } from "../models/activation.ts";
import { catalogued } from "../optimizers/catalogue/catalogue.ts";
import { BY_NOISE, schedules, type Setting, type Settings, startingRate } from "../optimizers/catalogue/entry.ts";
import { metaOptimizers } from "../optimizers/amortizer/meta_optimizers.ts";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { tasks } from "../tasks/list.ts";
import { taskNamed } from "../runs/assemble.ts";
import type { RunConfig } from "../runs/config.ts";
import { versions } from "../runs/versions.ts";
import { completeChoice, type Task } from "../tasks/task.ts";
import { argumentOf } from "./flags.ts";
import { type FlagName, type Given, trainFlags } from "./train_flags.ts";

/** The flags that are an optimizer's settings. */
export const settingFlags: Partial<Record<FlagName, Setting>> = {
  lr: "learningRate",
  schedule: "schedule",
  "lambda-fsd": "lambdaFsd",
  "lambda-wsd": "lambdaWsd",
  every: "every",
  "meta-steps": "metaSteps",
  "meta-lr": "metaRate",
  "meta-optimizer": "metaOptimizer",
  "block-size": "blockSize",
  "weight-decay": "weightDecay",
  clip: "clip",
  damping: "damping",
  "trust-region": "trustRegion",
  "inner-steps": "innerSteps",
  "hyper-lr": "hyperRate",
  average: "average",
};

/** The task of the flags; the first unless given. */
export function plannedTask(given: Given): Task {
  return taskNamed(given.task ?? tasks[0].name);
}

const plannedModel = (given: Given, task: Task): string => given.model ?? Object.keys(task.models)[0];
const plannedOptimizer = (given: Given, task: Task): string => given.optimizer ?? task.defaults.optimizer;

/**
 * Checks all that needs neither data nor a backend.
 *
 * @throws `UserError` for names that are unknown, and flags that mean nothing together.
 */
export function checkNames(given: Given, task: Task): void {
  const model = plannedModel(given, task), { defaults } = named("model", model, task.models);
  for (const flag of ["hidden", "activation"] as const) {
    if (given[flag] && !(flag in defaults)) throw meaningless(flag, given, `--model=${model}`);
  }
  if (given.data && !task.readsFolder) throw meaningless("data", given, `--task=${task.name}`);
  if (given.activation) named("activation", given.activation, activations);
  if (given.steps && given.epochs) throw new UserError(`--epochs=${given.epochs} and --steps=${given.steps}: give one`);
  const optimizer = plannedOptimizer(given, task), { learns, settings } = catalogued(optimizer);
  if (given["meta-batch-size"] && !learns) throw meaningless("meta-batch-size", given, `--optimizer=${optimizer}`);
  for (const [flag, setting] of settingsGiven(given)) {
    if (!settings.includes(setting)) throw meaningless(flag, given, `--optimizer=${optimizer}`);
  }
  if (given.replay !== undefined) {
    if (!settings.includes("replay")) throw meaningless("replay", given, `--optimizer=${optimizer}`);
    for (const flag of ["lr", "schedule"] as const) {
      if (given[flag] === undefined) continue;
      throw wrong(flag, given, `means nothing with --replay=${given.replay}`, "leave one of them out");
    }
  }
  if (given.schedule) named("schedule", given.schedule, { ...schedules, [BY_NOISE]: true });
  if (given.schedule === BY_NOISE && !settings.includes("metaOptimizer")) {
    throw wrong("schedule", given, `means nothing to --optimizer=${optimizer}`, "give --schedule=warmup-linear");
  }
  if (given["meta-optimizer"]) named("metaOptimizer", given["meta-optimizer"], metaOptimizers);
}

/**
 * The configuration of a new run, of flags that {@linkcode checkNames} let pass.
 *
 * @param examples The number of training examples.
 * @param computes What computes.
 * @param replay What `--replay` stands for.
 * @throws `UserError` for sizes that cannot be.
 */
export function plan(
  given: Given,
  task: Task,
  examples: number,
  computes: Pick<RunConfig, "backend" | "blas">,
  replay?: Settings["replay"],
): RunConfig {
  const { defaults } = task;
  const batchSize = given["batch-size"] ?? Math.min(defaults.batchSize, examples);
  const metaBatchSize = given["meta-batch-size"] ?? batchSize;
  for (const [flag, size] of Object.entries({ "batch-size": batchSize, "meta-batch-size": metaBatchSize })) {
    if (size <= examples) continue;
    throw wrong(flag as FlagName, { [flag]: size }, "is more than the data", `there are ${examples} examples`);
  }
  const steps = given.steps ?? (given.epochs ? epochSteps(given.epochs, examples, batchSize) : defaults.steps);
  return {
    format: 1,
    task: task.name,
    model: plannedModel(given, task),
    modelChoice: completeChoice(task.models[plannedModel(given, task)].defaults, {
      hidden: given.hidden,
      activation: given.activation as Activation | undefined,
    }),
    optimizer: plannedOptimizer(given, task),
    settings: settings(given, task, steps, replay),
    batchSize,
    metaBatchSize,
    seed: given.seed ?? 0,
    backend: computes.backend,
    ...given.strict && { strict: true },
    ...computes.blas && { blas: computes.blas },
    data: given.data ?? null,
    ...given["label-noise"] !== undefined && { labelNoise: given["label-noise"] },
    ...given.holdout !== undefined && { holdout: given.holdout },
    logEvery: given["log-every"] ?? 10,
    evalEvery: given["eval-every"] ?? 100,
    checkpointEvery: given["checkpoint-every"] ?? 200,
    versions: versions(),
  };
}

function meaningless(flag: FlagName, given: Given, to: string): UserError {
  return wrong(flag, given, `means nothing to ${to}`, "leave it out");
}

function wrong(flag: FlagName, given: Given, problem: string, remedy: string): UserError {
  return new UserError({ argument: argumentOf(flag, trainFlags), value: given[flag], problem, remedy });
}

function epochSteps(epochs: number, examples: number, batchSize: number): number {
  const steps = Math.max(1, Math.round(epochs * Math.floor(examples / batchSize)));
  if (!Number.isSafeInteger(steps)) throw new UserError({ argument: "epochs", value: epochs, remedy: "give fewer" });
  return steps;
}

/** The flags given that are an optimizer's settings. */
function settingsGiven(given: Given): [FlagName, Setting][] {
  return (Object.entries(settingFlags) as [FlagName, Setting][]).filter(([flag]) => given[flag] !== undefined);
}

function settings(given: Given, task: Task, steps: number, replay: Settings["replay"]): Settings {
  const { defaults } = task, optimizer = plannedOptimizer(given, task);
  const entry = catalogued(optimizer);
  return entry.complete({
    learningRate: startingRate(entry, defaults.learningRates),
    ...optimizer === defaults.optimizer && defaults.settings,
    ...Object.fromEntries(settingsGiven(given).map(([flag, setting]) => [setting, given[flag]])),
    ...replay && { replay, learningRate: replay[0][1] },
    steps,
  });
}
