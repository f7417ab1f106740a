/**
 * What `--help`, `--list` and `--version` print.
 * @module
 */
import { catalogue } from "../optimizers/catalogue/catalogue.ts";
import { tasks } from "../tasks/list.ts";
import { versions } from "../runs/versions.ts";
import { flagLines } from "./flags.ts";
import { trainFlags } from "./train_flags.ts";

/** The help. */
export function helpText(): string {
  return `Trains a model, and writes a folder with its metrics, curves and checkpoint.

  deno task train                                       MNIST, an MLP, APO on momentum
  deno task train --optimizer=adam --lr=0.002 --schedule=cosine
  deno task train --task=mnist-autoencoder --optimizer=apo-kfac --block-size=64
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
