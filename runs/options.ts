/**
 * The options of a run.
 * @module
 */
import { activations } from "../models/activations.ts";
import { settingOptions } from "../optimizers/catalogue/options.ts";
import { PARTS, WIDE } from "../optimizers/precision/policy.ts";
import type { Settings } from "../optimizers/catalogue/entry.ts";
import { MOST_THREADS } from "../runtime/wasm/threads/choice.ts";
import type { Chosen, Option, Options } from "../runtime/option.ts";
import type { ModelChoice } from "../tasks/task.ts";

/** Of narrow formats. */
export const precisionOptions = {
  precision: {
    kind: "name",
    value: "FORMAT",
    help: "bf16, f16, or such as e8m5; also -master, -products, -stochastic; f16-gpu (default float32)",
  },
  float32: {
    kind: "names",
    help: `what stays in float32: none or ${Object.keys(PARTS)} (default ${WIDE})`,
  },
  lossScale: {
    kind: "name",
    help: "dynamic or none: whether losses are scaled (default dynamic for f16)",
    choices: { dynamic: true, none: true },
  },
} as const satisfies Options;

/** Of models; each takes some of them. */
export const modelOptions = {
  hidden: {
    kind: "widths",
    help: "widths of the hidden layers, such as 256,256; the autoencoder's down to its code",
  },
  activation: { kind: "name", help: "relu, tanh or sigmoid, of the hidden layers", choices: activations },
  depth: { kind: "count", help: "layers of resnet, 6n + 2, or of wideresnet, 6n + 4" },
  width: { kind: "count", help: "channels of resnet's first stage; length of a token's vector in transformer" },
  widen: { kind: "count", help: "how many times 16 channels wideresnet's first stage has" },
  heads: { kind: "count", help: "of transformer's attention; they divide the width" },
  layers: { kind: "count", help: "of transformer's encoder, and as many of its decoder" },
  vocabulary: { kind: "count", help: "of transformer: how many subwords it knows" },
  dropout: { kind: "rate", help: "of wideresnet and transformer: which share of values is dropped in training" },
  shortcut: {
    kind: "name",
    help: "A or B, of resnet: zeros or a 1 × 1 convolution for channels that are new",
    choices: { A: true, B: true },
  },
} as const satisfies Record<keyof ModelChoice, Option>;

/** Where a run may compute. */
export const backends = { webgpu: true, wasm: true, cpu: true } as const;

/** What can be chosen of a run. */
export const runOptions = {
  task: { kind: "name", help: "what to train on (default mnist)" },
  model: { kind: "name", help: "one of the task's models (default its first)" },
  ...modelOptions,
  optimizer: { kind: "name", help: "what trains (default the task's)" },
  ...settingOptions,
  steps: { kind: "count", help: "how many steps" },
  epochs: { kind: "positive", value: "N", help: "passes through the training data, instead of a number of steps" },
  batchSize: { kind: "count", help: "examples a step; of translations tokens" },
  metaBatchSize: { kind: "count", help: "size of B′ (default that of B)" },
  seed: { kind: "integer", help: "of initial weights and order of the data (default 0)" },
  backend: { kind: "name", help: "auto, webgpu, wasm or cpu (default auto)", choices: { auto: true, ...backends } },
  strict: { kind: "switch", help: "wasm: the same bits on every processor, somewhat slower" },
  blas: {
    kind: "path",
    value: "auto|off|FILE",
    help: "wasm: products by OpenBLAS if it is faster (default auto), or by FILE",
  },
  threads: {
    kind: "countOrAuto",
    most: MOST_THREADS,
    help: "wasm: how many share large work, with the same bits (default auto)",
  },
  ...precisionOptions,
  data: {
    kind: "path",
    help: "folder of the data (or APO_DATA); by default mnist has 10,000 digits, translation messages",
  },
  sourceLanguage: {
    kind: "name",
    value: "en",
    help: "of texts: to translate from it (default de, or by the alphabet)",
  },
  labelNoise: { kind: "share", help: "0.2 gives 20 % of the training labels another class, the same in every run" },
  holdout: { kind: "share", help: "0.1 trains on 90 % and tests on the rest: the test data are not looked at" },
  beam: { kind: "count", most: 100, help: "of translations at the end: hypotheses of beam search (default 1: none)" },
  checkpointEvery: { kind: "count", help: "steps between checkpoints (default 200)" },
  logEvery: { kind: "count", help: "steps between lines of metrics (default 10)" },
  evalEvery: { kind: "count", help: "steps between evaluations (default 100, or a 20th of the run)" },
} as const satisfies Options;

/** What was chosen of a run; the rest has defaults. */
export interface Choices extends Omit<Chosen<typeof runOptions>, "replay" | "data"> {
  /** The folder of a run, or the rates that it has learned. */
  readonly replay?: string | Settings["replay"];
  /** The folder of the data; null for the built-in data, also where `APO_DATA` names others. */
  readonly data?: string | null;
}
