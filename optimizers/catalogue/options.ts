/**
 * The options of optimizers.
 * @module
 */
import type { Option } from "../../runtime/option.ts";
import { metaOptimizers } from "../amortizer/meta_optimizers.ts";
import { LAMBDA_FSD, META, MUON, PROBES } from "../tuned.ts";
import { BY_NOISE, schedules, type Setting } from "./entry.ts";

const { plain, byNoise } = LAMBDA_FSD;

/** The settings that can be chosen by hand; each entry of the catalogue takes some of them. */
export const settingOptions = {
  learningRate: {
    flag: "lr",
    kind: "positive",
    value: "RATE",
    help: "the learning rate; for apo-… where it starts, for kfac and apo-kfac a factor",
    careful: -1,
  },
  schedule: {
    kind: "name",
    help: "constant, step, cosine, linear, warmup-linear, warmup-inverse-sqrt; learned rates: by-noise",
    choices: { ...schedules, [BY_NOISE]: true },
  },
  replay: {
    kind: "path",
    value: "RUN",
    help: "for fixed rates: those that a run of apo-… has learned, instead of a rate and a schedule",
  },
  lambdaFsd: {
    kind: "nonNegative",
    help: `λ_FSD (default ${plain}/(1 − momentum); by-noise ${byNoise}/(1 − momentum), Muon ${MUON.lambdaFsd} ` +
      "and more in noise)",
    careful: 1,
  },
  lambdaWsd: { kind: "nonNegative", help: "λ_WSD (default 0)" },
  every: { kind: "count", value: "K", help: `a meta step, or a probe, every K steps (default ${META.every})` },
  metaSteps: { kind: "count", help: "meta steps at a time (default 1)" },
  metaRate: { flag: "meta-lr", kind: "positive", help: "the meta-optimizer's rate; of apo-kfac below 1", careful: -1 },
  metaOptimizer: { kind: "name", help: "normalized, rmsprop (the paper's), adam or sgd", choices: metaOptimizers },
  blockSize: {
    kind: "count",
    help: `apo-kfac: A and B in blocks up to N (default ${PROBES.blockSize}; apo-kfac-paper ${META.blockSize})`,
  },
  weightDecay: { kind: "nonNegative", help: "decoupled weight decay (default 0)" },
  damping: { kind: "positive", help: "of curvature, for kfac and apo-kfac", careful: 1 },
  trustRegion: { kind: "positive", help: "kfac, apo-kfac: how far a step may move the outputs", careful: -1 },
  innerSteps: { kind: "count", help: "proximal-point: steps of the inner optimizer (default 10)" },
  hyperRate: { flag: "hyper-lr", kind: "positive", help: "the rate of the rate of sgd-hd and adam-hd", careful: -1 },
  average: { kind: "decay", help: "evaluate an average of the weights with this decay, such as 0.99" },
  clip: { kind: "positive", value: "NORM", help: "clip the gradient's global norm" },
} as const satisfies Record<Exclude<Setting, "steps">, Option>;
