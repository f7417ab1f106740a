/**
 * The flags of `deno task train`, and what it says of them, of names and of versions.
 * @module
 */
import { catalogue } from "../optimizers/catalogue/catalogue.ts";
import type { Chosen, Options } from "../runtime/option.ts";
import { runOptions } from "../runs/options.ts";
import { versions } from "../runs/versions.ts";
import { tasks } from "../tasks/list.ts";
import { flagLines } from "./flags.ts";

/** Every flag, in the order of the help. */
export const trainFlags = {
  ...runOptions,
  config: {
    kind: "path",
    value: "FILE",
    help: "a config.json, whole or in parts, to start from; what flags beside it say counts instead",
  },
  out: { kind: "path", help: "folder of the run (default out/TIME-TASK-OPTIMIZER)" },
  resume: {
    kind: "path",
    value: "RUN",
    help: "go on with a run; --threads and with --schedule=constant --steps may be given anew",
  },
  quiet: { kind: "switch", help: "print errors only" },
  list: { kind: "switch", help: "print tasks, models and optimizers" },
  version: { kind: "switch", help: "print versions" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

/** The flags that were given, checked one by one. */
export type Given = Chosen<typeof trainFlags>;

/** The help. */
export function helpText(): string {
  return `Trains a model, and writes a folder with its metrics, curves and checkpoint.

  deno task train                                       MNIST, an MLP, APO on momentum
  deno task train --optimizer=adam --lr=0.002 --schedule=cosine
  deno task train --task=mnist-autoencoder --optimizer=apo-kfac --block-size=64
  deno task train --task=translation --beam=4           German to English, at the end by beam search
  deno task train --config=out/RUN/config.json --seed=1
  deno task train --resume=out/RUN

${flagLines(trainFlags)}

Exit codes: 0 done, 1 files cannot be written, 2 bad input, 3 diverged, 4 the GPU was lost,
130 interrupted (Ctrl-C).`;
}

/** Tasks with their models, and optimizers. */
export function listText(): string {
  const line = (name: string, text: string) => `  ${name.padEnd(20)}${text}`;
  return [
    "Tasks (models):",
    ...tasks.map(({ name, description, models }) => line(name, `${description} (${Object.keys(models).join(", ")})`)),
    "",
    "Optimizers:",
    ...Object.entries(catalogue).map(([name, { description }]) => line(name, description)),
  ].join("\n");
}

/** apo's version and those of what it runs on. */
export function versionText(): string {
  return Object.entries(versions()).map(([name, version]) => `${name} ${version}`).join("\n");
}
