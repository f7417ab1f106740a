/**
 * The flags of `deno task find-rate`.
 * @module
 */
import { META } from "../optimizers/tuned.ts";
import type { Chosen, Options } from "../runtime/option.ts";
import { flagLines } from "./flags.ts";
import { runOptions } from "../runs/options.ts";
import { machineFlags, problemFlags } from "./compare_flags.ts";
import { FEWEST_STEPS, SEEDS, STARTS, STEPS } from "../studies/find_rate/search_defaults.ts";
import { findable, OPTIMIZER } from "../studies/find_rate/findable.ts";
import { rateText } from "../studies/find_rate/rate_text.ts";

const names = findable.join(", "), [even, odd] = STARTS.map(rateText);

/** What `train` takes as it is given: nothing is translated, and rates are looked for in float32. */
export const sharedFlags = { ...problemFlags, ...machineFlags } as const;

/** Every flag, in the order of the help. */
export const findRateFlags = {
  ...sharedFlags,
  threads: runOptions.threads,
  optimizer: { ...runOptions.optimizer, help: `${names} (default ${OPTIMIZER})` },
  steps: { ...runOptions.steps, help: `of each seed, ${FEWEST_STEPS} or more (default ${STEPS})` },
  seeds: { kind: "count", help: `how many, 0 … N − 1 (default ${SEEDS})` },
  from: {
    kind: "positive",
    value: "RATE",
    help: `the bad start (default ${even} for even seeds and ${odd} for odd ones)`,
  },
  out: { kind: "path", help: "writes find-rate.json and find-rate.svg there (by default nothing is written)" },
  quiet: { kind: "switch", help: "print the rate and nothing else" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

/** The flags that were given, checked one by one. */
export type Given = Chosen<typeof findRateFlags>;

/** The help. */
export function helpText(): string {
  return `Finds a learning rate: lets APO learn it for a few hundred steps from a bad start, once with each seed.

  deno task find-rate                                   MNIST, an MLP, ${OPTIMIZER}
  deno task find-rate --optimizer=adam --hidden=64 --batch-size=32
  deno task find-rate --task=mnist-autoencoder --hidden=200,30 --batch-size=128 --out=out/rate

${flagLines(findRateFlags)}

A seed's rate is the geometric median of its rates after step ${META.early}; the rate found is the geometric mean over the seeds.
The range is that of all these rates. Give the model and the batch size that you will train with: the rate depends on
both. What it is worth, and when not to trust it: docs/find_rate.md.

Exit codes: 0 done, 1 files cannot be written, 2 bad input, 3 diverged, 130 interrupted (Ctrl-C). Unless 0, nothing is
left behind.`;
}
