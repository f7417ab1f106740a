/**
 * The flags of `deno task train`.
 * @module
 */
import { LAMBDA_FSD, META, PROBES, tunedRegimes } from "../optimizers/tuned.ts";
import type { Flags, Given as GivenOf } from "./flags.ts";

const { plain, byNoise } = LAMBDA_FSD;

/** Every flag, in the order of the help. */
export const trainFlags = {
  task: { kind: "name", value: "NAME", help: "what to train on: see --list (default mnist)" },
  model: { kind: "name", value: "NAME", help: "one of the task's models (default its first)" },
  hidden: {
    kind: "widths",
    value: "N,N,…",
    help: "widths of the hidden layers, such as 256,256; the autoencoder's down to its code",
  },
  activation: { kind: "name", value: "NAME", help: "relu, tanh or sigmoid, of the hidden layers" },
  optimizer: { kind: "name", value: "NAME", help: "see --list (default the task's)" },
  lr: {
    argument: "learningRate",
    kind: "positive",
    value: "RATE",
    help: "the learning rate; for apo-… where it starts, for kfac and apo-kfac a factor",
  },
  schedule: {
    kind: "name",
    value: "NAME",
    help: "constant, step, cosine, linear, warmup-linear or, for learned rates, by-noise",
  },
  replay: {
    kind: "path",
    value: "RUN",
    help: "instead of --lr and --schedule: the rates that a run of apo-… has learned, for fixed rates",
  },
  "lambda-fsd": {
    kind: "nonNegative",
    value: "X",
    help:
      `λ_FSD (default ${plain}/(1 − momentum); by-noise ${byNoise}/(1 − momentum), and Muon ${tunedRegimes.muon.lambdaFsd}, ` +
      "which grow with noise)",
  },
  "lambda-wsd": { kind: "nonNegative", value: "X", help: "λ_WSD (default 0)" },
  every: { kind: "count", value: "K", help: `a meta step, or a probe, every K steps (default ${META.every})` },
  "meta-steps": { kind: "count", value: "N", help: "meta steps at a time (default 1)" },
  "meta-lr": {
    argument: "metaRate",
    kind: "positive",
    value: "RATE",
    help: "the meta-optimizer's rate; of apo-kfac below 1",
  },
  "meta-optimizer": { kind: "name", value: "NAME", help: "normalized, rmsprop (the paper's), adam or sgd" },
  "meta-batch-size": { kind: "count", value: "N", help: "size of B′ (default as --batch-size)" },
  "block-size": {
    kind: "count",
    value: "N",
    help: `apo-kfac: A and B in blocks up to N (default ${PROBES.blockSize}; apo-kfac-paper ${META.blockSize})`,
  },
  "weight-decay": { kind: "nonNegative", value: "X", help: "decoupled weight decay (default 0)" },
  damping: { kind: "positive", value: "X", help: "of curvature, for kfac and apo-kfac" },
  "trust-region": { kind: "positive", value: "X", help: "kfac, apo-kfac: how far a step may move the outputs" },
  "inner-steps": { kind: "count", value: "N", help: "proximal-point: steps of the inner optimizer (default 10)" },
  "hyper-lr": {
    argument: "hyperRate",
    kind: "positive",
    value: "RATE",
    help: "the rate of the rate of sgd-hd and adam-hd",
  },
  average: { kind: "share", value: "DECAY", help: "evaluate an average of the weights with this decay, such as 0.99" },
  clip: { kind: "positive", value: "NORM", help: "clip the gradient's global norm" },
  steps: { kind: "count", value: "N", help: "how many steps" },
  epochs: { kind: "positive", value: "N", help: "instead of --steps: passes through the training data" },
  "batch-size": { kind: "count", value: "N", help: "examples a step" },
  seed: { kind: "integer", value: "N", help: "of initial weights and order of the data (default 0)" },
  backend: { kind: "name", value: "NAME", help: "auto, webgpu, wasm or cpu (default auto)" },
  strict: { kind: "switch", help: "wasm: the same bits on every processor, somewhat slower" },
  blas: {
    kind: "path",
    value: "auto|off|FILE",
    help: "wasm: products by OpenBLAS if it is faster (default auto), or by FILE",
  },
  data: {
    kind: "path",
    value: "DIR",
    help: "folder of the data (or APO_DATA); for mnist 10,000 built-in digits by default",
  },
  "label-noise": {
    kind: "share",
    value: "X",
    help: "0.2 gives 20 % of the training labels another class, the same in every run",
  },
  holdout: {
    kind: "share",
    value: "X",
    help: "0.1 trains on 90 % and tests on the rest: the test data are not looked at",
  },
  out: { kind: "path", value: "DIR", help: "folder of the run (default out/TIME-TASK-OPTIMIZER)" },
  resume: { kind: "path", value: "RUN", help: "go on with a run; with --schedule=constant --steps may be given anew" },
  "checkpoint-every": { kind: "count", value: "N", help: "steps between checkpoints (default 200)" },
  "log-every": { kind: "count", value: "N", help: "steps between lines of metrics (default 10)" },
  "eval-every": { kind: "count", value: "N", help: "steps between evaluations (default 100)" },
  quiet: { kind: "switch", help: "print errors only" },
  list: { kind: "switch", help: "print tasks, models and optimizers" },
  version: { kind: "switch", help: "print versions" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Flags;

/** A flag's name. */
export type FlagName = keyof typeof trainFlags;

/** The flags that were given, checked one by one. */
export type Given = GivenOf<typeof trainFlags>;
