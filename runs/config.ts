/**
 * What a run is: everything needed to do it again.
 * @module
 */
import type { Settings } from "../optimizers/catalogue/entry.ts";
import { settingOptions } from "../optimizers/catalogue/options.ts";
import type { BackendName, Blas } from "../runtime/backend.ts";
import type { Fingerprint } from "../data/fingerprint.ts";
import type { UserError } from "../runtime/errors.ts";
import { isFloat32 } from "../runtime/float32.ts";
import { meant } from "../runtime/nearest.ts";
import { checkOption, type Option } from "../runtime/option.ts";
import type { ModelChoice } from "../tasks/task.ts";
import { DamagedError } from "../runtime/files/damaged.ts";
import { backends, modelOptions, precisionOptions, runOptions } from "./options.ts";
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
  /** The library that computed matrix products, on wasm. Default: kernels of our own. */
  readonly blas?: Blas;
  /** The folder of the data; null for the built-in data. */
  readonly data: string | null;
  /** What tells the data from others: a run goes on with no others. Runs of older versions have none. */
  readonly fingerprint?: Fingerprint;
  /** The format that numbers are rounded to, with what of it. Default: none, all is float32. */
  readonly precision?: string;
  /** Which parts of a step stay in float32. Default: `sums` and `meta`. */
  readonly float32?: readonly string[];
  /** Whether losses are scaled while their gradients are taken. Default: where the format has fewer bits of exponent than float32. */
  readonly lossScale?: "dynamic" | "none";
  /** The language that is translated from. Default: German, or of a folder the one that comes first in the alphabet. */
  readonly sourceLanguage?: string;
  /** The share of the training labels that are wrong on purpose. Default: none. */
  readonly labelNoise?: number;
  /** The share of the training data that is tested on instead of the test data. Default: none. */
  readonly holdout?: number;
  /** How many hypotheses are followed for each translation at the end. Default: 1. */
  readonly beam?: number;
  /** Steps between lines of metrics. */
  readonly logEvery: number;
  /** Steps between evaluations. */
  readonly evalEvery: number;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** Of what computes. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A configuration of which only a part may be there. */
export type PartialConfig = Partial<Omit<RunConfig, "settings">> & { readonly settings?: Partial<Settings> };

/** Reads the text of a run's own configuration. @throws `DamagedError` unless it is one, whole. */
export function parseConfig(text: string, path: string): RunConfig {
  const problem = (what: string) =>
    new DamagedError(`${path} ${what}; give the folder of a run of \`deno task train\``);
  const config = parsePart(text, problem), missing = required.find((key) => !(key in config));
  if (missing !== undefined) throw problem(`has no "${missing}"`);
  if (!config.settings?.steps || !config.settings.learningRate) throw problem('has no good "settings": steps or rate');
  return config as RunConfig;
}

/**
 * Reads the text of a configuration, whole or in parts.
 *
 * @param problem Makes an error of what is wrong.
 * @throws that for text that is none, and for entries that are unknown (with the nearest) or have values that cannot be.
 */
export function parsePart(text: string, problem: Problem): PartialConfig {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw problem("is not JSON");
  }
  const format = isRecord(config) ? config.format ?? 1 : undefined;
  if (format !== 1) throw problem(`is no configuration of format 1 (it says ${format})`);
  const part = config as PartialConfig;
  checkEntries(entries, part, problem);
  for (const key of ["modelChoice", "settings"] as const) {
    if (part[key]) checkEntries(parts[key], part[key], (what) => problem(`has no good "${key}": it ${what}`));
  }
  return part;
}

/** Whether two configurations say the same. */
export function sameConfig(a: RunConfig, b: RunConfig): boolean {
  const sorted = (_: string, x: unknown) => isRecord(x) ? Object.fromEntries(Object.entries(x).sort()) : x;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

type Problem = (what: string) => UserError;

/** What entries must be: options, or what a function says. */
type Entries = Readonly<Record<string, Option | ((x: unknown) => boolean)>>;

function checkEntries(table: Entries, values: object, problem: Problem): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(table, name)) {
      const names = Object.keys(table);
      throw problem(`has an unknown "${name}" (${meant(name, names, `there are: ${names.join(", ")}`)})`);
    }
    const entry = table[name];
    if (typeof entry === "function") {
      if (entry(value)) continue;
      throw problem(`has no good "${name}" (${JSON.stringify(value).slice(0, MOST)})`);
    }
    try {
      checkOption(name, entry, value);
    } catch (error) {
      const { bad } = error as UserError;
      throw bad ? problem(`has no good "${name}" (${JSON.stringify(value)}: ${bad.remedy})`) : error;
    }
  }
}

const MOST = 60; // characters of a bad entry

const isReplay = (x: unknown) =>
  Array.isArray(x) && x.length > 0 &&
  x.every((pair, i) =>
    isCount(pair?.[0]) && (i === 0 || pair[0] > x[i - 1][0]) && isFloat32(pair[1]) && Math.fround(pair[1]) > 0
  );
const isSize = (x: unknown) => x === 0 || isCount(x);
const { task, model, optimizer, batchSize, metaBatchSize, seed, strict } = runOptions;
const { sourceLanguage, labelNoise, holdout, beam } = runOptions;
const { steps, logEvery, evalEvery, checkpointEvery } = runOptions;

const isKinds = (x: Record<string, unknown>) =>
  Object.values(x).every((kind) =>
    isRecord(kind) && isText(kind.dtype) && Array.isArray(kind.shape) && kind.shape.every(isCount)
  );

/** What each entry must be. */
const entries: { readonly [K in keyof RunConfig]-?: Entries[string] } = {
  format: (x) => x === 1,
  ...{ task, model, modelChoice: isRecord, optimizer, settings: isRecord, batchSize, metaBatchSize, seed },
  backend: { ...runOptions.backend, choices: backends },
  strict,
  blas: (x) => isRecord(x) && isText(x.path),
  data: (x) => x === null || isText(x),
  fingerprint: (x) =>
    isRecord(x) && isText(x.sha256) && Array.isArray(x.sizes) && [2, 3].includes(x.sizes.length) &&
    x.sizes.every(isSize) &&
    isRecord(x.inputs) && isKinds(x.inputs),
  ...precisionOptions,
  ...{ sourceLanguage, labelNoise, holdout, beam },
  ...{ logEvery, evalEvery, checkpointEvery, versions: isRecord },
};
const parts = { modelChoice: modelOptions, settings: { ...settingOptions, steps, replay: isReplay } };
const optional: readonly string[] = [
  "strict",
  "blas",
  "fingerprint",
  ...Object.keys(precisionOptions),
  "sourceLanguage",
  "labelNoise",
  "holdout",
  "beam",
];
const required = Object.keys(entries).filter((key) => !optional.includes(key));
