/**
 * The flags of `deno task compare`.
 * @module
 */
import { settingOptions } from "../optimizers/catalogue/options.ts";
import type { Chosen, Options } from "../runtime/option.ts";
import { flagLines } from "./flags.ts";
import { modelOptions, precisionOptions, runOptions } from "../runs/options.ts";
import { TUNING_SEED } from "../studies/compare/comparison.ts";

/** What is compared unless told otherwise. */
export const OPTIMIZERS: readonly string[] = ["momentum", "adam", "apo-momentum", "apo-adam"];
/** Runs of each optimizer, trials of each tuning, unless told otherwise. */
export const SEEDS = 3, TRIALS = 7;

const { task, model, batchSize, data, sourceLanguage, labelNoise, beam, backend, strict, blas } = runOptions;

/** The flags of what is trained on, and of what computes. */
export const problemFlags = {
  task: { ...task, help: "what to train on: see deno task train --list (default mnist)" },
  ...{ model, ...modelOptions, batchSize, data, sourceLanguage, labelNoise },
} as const;
export const machineFlags = { backend, strict, blas } as const;

/** The flags that are passed on to every run as they are. */
export const sharedFlags = { ...problemFlags, beam, ...precisionOptions, ...machineFlags } as const;

/** Every flag, in the order of the help. */
export const compareFlags = {
  ...sharedFlags,
  optimizers: { kind: "names", help: `times are relative to the first; X=A calls A X (default ${OPTIMIZERS})` },
  set: {
    kind: "texts",
    value: "A:FLAG=X,…",
    help: "settings of one optimizer, as flags of train; once for each optimizer",
  },
  seeds: {
    kind: "count",
    most: TUNING_SEED,
    help: `runs of each optimizer, with seeds 0 … N − 1 (default ${SEEDS})`,
  },
  budget: { kind: "name", value: "1500steps|60s", help: "of each run (default the task's steps)" },
  tune: { kind: "switch", help: "search each optimizer's rate first, on validation data" },
  trials: { kind: "count", least: 3, help: `of each optimizer's search (default ${TRIALS})` },
  threads: { ...runOptions.threads, help: "wasm: of each run (default auto: the cores over --jobs)" },
  jobs: { kind: "count", help: "runs at a time (default 1: runs that share cores disturb each other's timing)" },
  out: { kind: "path", help: "folder of the results (default out/TIME-TASK-compare)" },
  resume: { kind: "path", help: "go on with a comparison; only --jobs and --threads may be given anew" },
  quiet: { kind: "switch", help: "print errors only" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

/** The flags that were given, checked one by one. */
export type Given = Chosen<typeof compareFlags>;

const { replay: _, ...settings } = settingOptions, { metaBatchSize } = runOptions;

/** What `--set` takes. */
export const settable = { ...settings, metaBatchSize } as const;

/** The help. */
export function helpText(): string {
  return `Compares optimizers: each with each seed in a process of its own, then a table, pictures and a report.

  deno task compare                                     MNIST: ${OPTIMIZERS.join(", ")}
  deno task compare --optimizers=sgd,apo-sgd --set=sgd:lr=0.05,schedule=cosine --seeds=5 --budget=500steps
  deno task compare --optimizers=adam,cosine=adam --set=cosine:schedule=cosine
  deno task compare --tune --budget=60s --out=out/fair
  deno task compare --resume=out/fair

${flagLines(compareFlags)}

Budget: so many seconds become steps before anything is compared. A short calibration run of each optimizer measures its
steps a second; each of its runs then gets as many steps as take so long. So schedules know their horizon, and the
results can be repeated. Evaluations and checkpoints do not count.

Tuning: every optimizer gets the same number of trials, each a run of the whole budget with a seed of its own. kfac and
apo-kfac search --trust-region and --damping, other apo-… --lambda-fsd and --meta-lr, the rest --lr, and --hyper-lr
where they have it: two settings are searched one after the other, within the same number. The grid is logarithmic,
starts at the value of --set or the default, is widened while the best is at its border, and then refined. A tenth of
the training data is held out for it: the test data are not looked at. Tasks without test data tune on the final
training loss.

Exit codes: 0 done (runs that failed are shown as failed), 1 files cannot be written, 2 bad input, 3 every run failed,
130 interrupted (Ctrl-C): --resume=DIR goes on, and so does the same command where it has --out.`;
}
