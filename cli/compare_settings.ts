/**
 * `--set`, settings of one optimizer, read and written; and a comparison as a command line.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { meant } from "../runtime/nearest.ts";
import { flagOf, flagWords, parseFlags, spelled } from "./flags.ts";
import { type Choices, runOptions } from "../runs/options.ts";
import { budgetText } from "../studies/compare/budget.ts";
import type { Comparison } from "../studies/compare/comparison.ts";
import { settable, sharedFlags } from "./compare_flags.ts";
import { commandLine } from "./output.ts";

/**
 * The flags of `train` by optimizer, of texts such as `adam:lr=0.002,schedule=cosine`.
 *
 * @throws `UserError` for an optimizer that is not compared, one that is set twice, and a flag that cannot be.
 */
export function parseSettings(
  texts: readonly string[],
  optimizers: readonly string[],
): Readonly<Record<string, Choices>> {
  const settings: Record<string, Choices> = {};
  for (const text of texts) {
    const wrong = (what: string) => new UserError(`--set=${text}: ${what}`);
    const [, name, list = ""] = /^([^:]+):(.+)$/.exec(text) ?? [], words = list.split(",").map((word) => word.trim());
    if (name === undefined || words.includes("")) {
      throw wrong("write OPTIMIZER:FLAG=VALUE,…, such as adam:lr=0.002,schedule=cosine");
    }
    if (!optimizers.includes(name)) {
      throw wrong(`${name} is not compared; ${meant(name, optimizers, "see --optimizers")}`);
    }
    if (name in settings) throw wrong(`${name} is set twice; give its settings together`);
    try {
      const given = parseFlags(runOptions, words.map((word) => `--${word}`));
      const shared = Object.keys(given).find((option) => !(option in settable));
      if (shared !== undefined) {
        const flag = flagOf(shared, runOptions), see = "see --help for what can be given";
        throw new UserError(
          `${flag} is the same for all optimizers; ${shared in sharedFlags ? `give --${flag} by itself` : see}`,
        );
      }
      settings[name] = given;
    } catch (error) {
      throw error instanceof UserError ? wrong(spelled(error, runOptions)) : error;
    }
  }
  return settings;
}

/** One optimizer's settings as `--set` takes them. */
export function settingsText(name: string, given: Choices): string {
  return `${name}:${flagWords(settable, given).map((word) => word.slice("--".length)).join(",")}`;
}

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
  return commandLine("compare", byBlas(shared), words);
}

/** The command that goes on with it. */
export function resumingCommand({ shared }: Comparison, folder: string): string {
  return commandLine("compare", byBlas(shared), [`--resume=${folder}`]);
}

const byBlas = ({ blas = "off" }: Comparison["shared"]) => blas !== "off";
