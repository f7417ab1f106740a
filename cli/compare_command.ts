/**
 * A comparison as a command line.
 * @module
 */
import { flagWords } from "./flags.ts";
import { shellWord } from "./output.ts";
import { budgetText } from "../studies/compare/budget.ts";
import type { Comparison } from "../studies/compare/comparison.ts";
import { sharedFlags } from "./compare_flags.ts";
import { settingsText } from "./compare_settings.ts";

/** The command that does it again, elsewhere. */
export function commandOf({ shared, contestants, seeds, budget, tuning }: Comparison): string {
  const sets = contestants.filter(({ given }) => Object.keys(given).length > 0)
    .map(({ name, given }) => `--set=${settingsText(name, given)}`);
  const words = [
    ...flagWords(sharedFlags, shared),
    `--optimizers=${
      contestants.map(({ name, config: { optimizer } }) => name === optimizer ? name : `${name}=${optimizer}`)
    }`,
    ...sets,
    `--seeds=${seeds}`,
    `--budget=${budgetText(budget)}`,
    ...tuning ? ["--tune", `--trials=${tuning.trials}`] : [],
  ];
  return `${compareTask(shared)} ${words.map(shellWord).join(" ")}`;
}

/** The task that may do it: only `deno task blas` may load a library. */
export function compareTask({ blas = "off" }: Comparison["shared"]): string {
  return blas === "off" ? "deno task compare" : "deno task blas compare";
}
