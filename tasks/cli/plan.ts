/**
 * From flags to a run's configuration.
 * @module
 */
import { type Activation, activations } from "../../models/activation.ts";
import { catalogued, metaOptimizers, schedules, type Setting, type Settings } from "../../optimizers/catalogue.ts";
import type { BackendName } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { named } from "../../runtime/nearest.ts";
import { taskNamed } from "../run/assemble.ts";
import type { RunConfig } from "../run/config.ts";
import { versions } from "../run/versions.ts";
import type { Task } from "../task.ts";
import type { FlagName, Given } from "./flags.ts";

/** The flags that are an optimizer's settings. */
const settingFlags: Partial<Record<FlagName, Setting>> = {
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
};

const START = 0.01; // of learned rates: the start-up search makes it matter little

/** The task of the flags. */
export function plannedTask(given: Given): Task {
  return taskNamed(given.task ?? "mnist");
}

/**
 * The configuration of a new run.
 *
 * @param examples The number of training examples.
 * @throws `UserError` for names that are unknown, flags that mean nothing together, and sizes that cannot be.
 */
export function plan(given: Given, task: Task, examples: number, backend: BackendName): RunConfig {
  const { defaults } = task;
  const model = given.model ?? Object.keys(task.models)[0];
  named("--model", model, task.models);
  if (given.activation) named("--activation", given.activation, activations);
  const batchSize = given["batch-size"] ?? Math.min(defaults.batchSize, examples);
  const metaBatchSize = given["meta-batch-size"] ?? batchSize;
  for (const [flag, size] of Object.entries({ "batch-size": batchSize, "meta-batch-size": metaBatchSize })) {
    if (size > examples) throw new UserError(`--${flag}=${size} is more than the data; there are ${examples} examples`);
  }
  if (given.steps && given.epochs) throw new UserError(`--epochs=${given.epochs} and --steps=${given.steps}: give one`);
  const stepsPerEpoch = Math.floor(examples / batchSize);
  const steps = given.steps ?? (given.epochs ? Math.max(1, Math.round(given.epochs * stepsPerEpoch)) : defaults.steps);
  const optimizer = given.optimizer ?? defaults.optimizer;
  return {
    format: 1,
    task: task.name,
    model,
    modelChoice: { hidden: given.hidden, activation: given.activation as Activation | undefined },
    optimizer,
    settings: settings(given, task, optimizer, steps),
    batchSize,
    metaBatchSize,
    seed: given.seed ?? 0,
    backend,
    data: given.data ?? null,
    logEvery: given["log-every"] ?? 10,
    evalEvery: given["eval-every"] ?? 100,
    checkpointEvery: given["checkpoint-every"] ?? 200,
    versions: versions(),
  };
}

function settings(given: Given, { defaults }: Task, optimizer: string, steps: number): Settings {
  const entry = catalogued(optimizer);
  const chosen: Record<string, unknown> = {};
  for (const [flag, setting] of Object.entries(settingFlags) as [FlagName, Setting][]) {
    if (given[flag] === undefined) continue;
    if (!entry.settings.includes(setting)) {
      throw new UserError(`--${flag}=${given[flag]} means nothing to --optimizer=${optimizer}; leave it out`);
    }
    chosen[setting] = given[flag];
  }
  if (given.schedule) named("--schedule", given.schedule, schedules);
  if (given["meta-optimizer"]) named("--meta-optimizer", given["meta-optimizer"], metaOptimizers);
  const { lambdaFsd, lambdaWsd, every, metaSteps } = defaults;
  return {
    learningRate: entry.learns ? START : defaults.learningRates[entry.base],
    ...entry.learns && { lambdaFsd, lambdaWsd, every, metaSteps },
    ...chosen,
    steps,
  };
}
