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
  const { takes } = named("--model", model, task.models);
  for (const flag of ["hidden", "activation"] as const) {
    if (given[flag] && !takes.includes(flag)) throw meaningless(flag, given, `--model=${model}`);
  }
  if (given.data && !task.readsFolder) throw meaningless("data", given, `--task=${task.name}`);
  if (given.activation) named("--activation", given.activation, activations);
  const batchSize = given["batch-size"] ?? Math.min(defaults.batchSize, examples);
  const metaBatchSize = given["meta-batch-size"] ?? batchSize;
  for (const [flag, size] of Object.entries({ "batch-size": batchSize, "meta-batch-size": metaBatchSize })) {
    if (size > examples) throw new UserError(`--${flag}=${size} is more than the data; there are ${examples} examples`);
  }
  if (given.steps && given.epochs) throw new UserError(`--epochs=${given.epochs} and --steps=${given.steps}: give one`);
  const optimizer = given.optimizer ?? defaults.optimizer;
  if (given["meta-batch-size"] && !catalogued(optimizer).learns) {
    throw meaningless("meta-batch-size", given, `--optimizer=${optimizer}`);
  }
  const steps = given.steps ?? (given.epochs ? epochSteps(given.epochs, examples, batchSize) : defaults.steps);
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

function meaningless(flag: FlagName, given: Given, to: string): UserError {
  return new UserError(`--${flag}=${given[flag]} means nothing to ${to}; leave it out`);
}

function epochSteps(epochs: number, examples: number, batchSize: number): number {
  if (examples === Infinity) return 1; // not known yet
  const steps = Math.max(1, Math.round(epochs * Math.floor(examples / batchSize)));
  if (!Number.isSafeInteger(steps)) throw new UserError(`--epochs=${epochs} cannot be; give fewer`);
  return steps;
}

function settings(given: Given, { defaults }: Task, optimizer: string, steps: number): Settings {
  const entry = catalogued(optimizer);
  const chosen: Record<string, unknown> = {};
  for (const [flag, setting] of Object.entries(settingFlags) as [FlagName, Setting][]) {
    if (given[flag] === undefined) continue;
    if (!entry.settings.includes(setting)) {
      throw meaningless(flag, given, `--optimizer=${optimizer}`);
    }
    chosen[setting] = given[flag];
  }
  if (given.schedule) named("--schedule", given.schedule, schedules);
  if (given["meta-optimizer"]) named("--meta-optimizer", given["meta-optimizer"], metaOptimizers);
  return {
    learningRate: entry.learns ? START : defaults.learningRates[entry.base],
    ...optimizer === defaults.optimizer && defaults.settings,
    ...chosen,
    steps,
  };
}
