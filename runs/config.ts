/**
 * What a run is: everything needed to do it again.
 * @module
 */
import { activations } from "../models/activation.ts";
import { BY_NOISE, schedules, type Settings } from "../optimizers/catalogue/entry.ts";
import { metaOptimizers } from "../optimizers/amortizer/meta_optimizers.ts";
import type { BackendName, Blas } from "../runtime/backend.ts";
import type { Fingerprint } from "../data/fingerprint.ts";
import type { ModelChoice } from "../tasks/task.ts";
import { DamagedError } from "../runtime/files/damaged.ts";
import { isCount, isRecord, isText } from "../runtime/files/json_shapes.ts";

/** The contents of `config.json`. There is no time or path of output in it: equal configurations give equal runs. */
export interface RunConfig {
  /** Of this file and of the checkpoint. */
  readonly format: 1;
  /** Its name. */
  readonly task: string;
  /** One of the task's, by name. */
  readonly model: string;
  /** What the model is told. */
  readonly modelChoice: ModelChoice;
  /** Its name in the catalogue. */
  readonly optimizer: string;
  /** The optimizer's, `steps` (of the whole run) among them. */
  readonly settings: Settings;
  /** |B|. */
  readonly batchSize: number;
  /** |B′|. */
  readonly metaBatchSize: number;
  /** Of initial weights and order of the data. */
  readonly seed: number;
  /** The backend that ran, not what was asked for: other backends round differently. */
  readonly backend: BackendName;
  /** Whether the bits are the same on every processor, on wasm. */
  readonly strict?: boolean;
  /** The library that computed matrix products, on wasm; kernels of our own unless given. */
  readonly blas?: Blas;
  /** The folder of the data; null for the built-in data. */
  readonly data: string | null;
  /** What tells the data from others: a run goes on with no others. Runs of older versions have none. */
  readonly fingerprint?: Fingerprint;
  /** The share of the training labels that are wrong on purpose; none unless given. */
  readonly labelNoise?: number;
  /** The share of the training data that is tested on instead of the test data; those unless given. */
  readonly holdout?: number;
  /** Steps between lines of metrics. */
  readonly logEvery: number;
  /** Steps between evaluations. */
  readonly evalEvery: number;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** Of what computes. */
  readonly versions: Readonly<Record<string, string>>;
}

/** @throws `DamagedError` unless the text is a run's configuration. */
export function parseConfig(text: string, path: string): RunConfig {
  const problem = (what: string) =>
    new DamagedError(`${path} ${what}; give the folder of a run of \`deno task train\``);
  let config: RunConfig;
  try {
    config = JSON.parse(text);
  } catch {
    throw problem("is not JSON");
  }
  if (config?.format !== 1) throw problem(`is no configuration of format 1 (it says ${config?.format})`);
  for (const [key, fits] of Object.entries(shapes)) {
    if (!fits(config[key as keyof RunConfig])) throw problem(`has no good "${key}"`);
  }
  return config;
}

const isShareIfGiven = (x: unknown) => x === undefined || typeof x === "number" && x > 0 && x < 1;
const isReplay = (x: unknown) => Array.isArray(x) && x.every((pair) => pair?.[1] > 0);

/** Of the settings, what is neither a number from 0 nor checked by itself. */
const words: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  schedule: { ...schedules, [BY_NOISE]: true },
  metaOptimizer: metaOptimizers,
};
const isSetting = ([key, x]: [string, unknown]) => {
  if (key === "replay") return isReplay(x);
  if (Object.hasOwn(words, key)) return isText(x) && Object.hasOwn(words[key], x);
  return typeof x === "number" && x >= 0 && x < Infinity;
};
const isChoice = ([key, x]: [string, unknown]) =>
  key === "hidden" && Array.isArray(x) && x.every(isCount) ||
  key === "activation" && isText(x) && Object.hasOwn(activations, x);

const isKinds = (x: Record<string, unknown>) =>
  Object.values(x).every((kind) =>
    isRecord(kind) && isText(kind.dtype) && Array.isArray(kind.shape) && kind.shape.every(isCount)
  );

/** What each entry must be. */
const shapes: { readonly [K in keyof RunConfig]-?: (x: unknown) => boolean } = {
  format: (x) => x === 1,
  task: isText,
  model: isText,
  modelChoice: (x) => isRecord(x) && Object.entries(x).every(isChoice),
  optimizer: isText,
  settings: (x) =>
    isRecord(x) && isCount(x.steps) && typeof x.learningRate === "number" && x.learningRate > 0 &&
    Object.entries(x).every(isSetting),
  batchSize: isCount,
  metaBatchSize: isCount,
  seed: (x) => Number.isSafeInteger(x),
  backend: (x) => x === "webgpu" || x === "wasm" || x === "cpu",
  strict: (x) => x === undefined || typeof x === "boolean",
  blas: (x) => x === undefined || isRecord(x) && isText(x.path),
  data: (x) => x === null || isText(x),
  fingerprint: (x) => x === undefined || isRecord(x) && isText(x.sha256) && isRecord(x.inputs) && isKinds(x.inputs),
  labelNoise: isShareIfGiven,
  holdout: isShareIfGiven,
  logEvery: isCount,
  evalEvery: isCount,
  checkpointEvery: isCount,
  versions: isRecord,
};
