/**
 * The flags of `deno task reproduce`.
 * @module
 */
import type { Options } from "../runtime/option.ts";
import { flagLines, type Given as GivenOf } from "./flags.ts";
import { compareFlags } from "./compare_flags.ts";
import { wrapped } from "../display/wrapped.ts";
import { runOptions } from "../runs/options.ts";
import { TUNING_SEED } from "../studies/reproduce/laboratory.ts";
import type { Recipe, Size } from "../studies/reproduce/recipe.ts";
import { FEWEST_SEEDS } from "../studies/reproduce/verdict.ts";
import { tasks } from "../tasks/list.ts";

/** Every flag, in the order of the help. */
export const reproduceFlags = {
  full: { kind: "switch", help: "a larger size, nearer to the paper's or at it" },
  seeds: {
    kind: "count",
    least: FEWEST_SEEDS, // fewer tell too little of chance
    most: TUNING_SEED,
    help: `runs with seeds 0 … N − 1 (default ${FEWEST_SEEDS}, and no fewer)`,
  },
  jobs: { kind: "count", help: "runs at a time (default as many as cores)" },
  threads: compareFlags.threads,
  data: runOptions.data,
  backend: runOptions.backend,
  out: { kind: "path", help: "folder of the results (default out/reproduce-NAME, or …-NAME-full)" },
  quiet: { kind: "switch", help: "print errors only" },
  list: { kind: "switch", help: "print what can be reproduced" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

/** The flags that were given, checked one by one, and what is to be reproduced. */
export type Given = GivenOf<typeof reproduceFlags, "name">;

/** The help. */
export function helpText(recipes: readonly Recipe[]): string {
  return `Reproduces a claim of Amortized Proximal Optimization, and says whether it is supported.

  deno task reproduce ${recipes[0].name}
  deno task reproduce ${recipes[0].name} --full --seeds=5 --out=out/mine
  deno task reproduce --list

${listText(recipes)}

${flagLines(reproduceFlags)}

The verdict is supported, not supported or inconclusive, by a rule that is printed before there are numbers.
Interrupted, it goes on with the same command: what is done in the folder is not done again. More --seeds may be given
later. The folder gets result.json, report.md and pictures.

Exit codes: 0 done, whatever the verdict, 1 files cannot be written, 2 bad input, 3 every run failed, 130 interrupted
(Ctrl-C).`;
}

/** The names, with the claims and how long they take. */
export function listText(recipes: readonly Recipe[]): string {
  const indent = Math.max(...recipes.map(({ name }) => name.length)) + 4;
  return recipes.map((recipe) => {
    const { name, claim, sizes: { quick, full } } = recipe;
    return [
      wrapped(`  ${name}`.padEnd(indent) + claim, indent),
      wrapped(`${" ".repeat(indent)}${sizeText(quick, recipe)}; --full: ${sizeText(full, recipe)}`, indent),
    ].join("\n");
  }).join("\n");
}

/** How long a size takes, and what is to be downloaded for it. */
function sizeText({ time, tasks: names }: Size, recipe: Recipe): string {
  const wanted = names ?? recipe.tasks ?? [];
  const downloads = tasks.filter(({ name }) => wanted.includes(name)).flatMap(({ download }) => download ?? []);
  return [time, ...downloads.map((download) => `deno task data ${download} before`)].join(", ");
}
