/**
 * `--set`: settings of one optimizer.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { meant } from "../../runtime/nearest.ts";
import { flagOf, flagWords, parseFlags, spelled } from "../../cli/flags.ts";
import { type Choices, runOptions } from "../../runs/options.ts";
import { settable } from "../../cli/compare_flags.ts";

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
  const flags = Object.keys(settable).map((option) => flagOf(option, settable));
  const others = Object.keys(runOptions).map((option) => flagOf(option, runOptions)).filter((flag) =>
    !flags.includes(flag)
  );
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
    const shared = words.map((word) => word.split("=", 1)[0]).find((flag) => others.includes(flag));
    if (shared !== undefined) throw wrong(`${shared} is the same for all optimizers; see --help for what can be given`);
    try {
      settings[name] = parseFlags<typeof settable>(settable, words.map((word) => `--${word}`));
    } catch (error) {
      throw error instanceof UserError ? wrong(spelled(error, settable)) : error;
    }
  }
  return settings;
}

/** One optimizer's settings as `--set` takes them. */
export function settingsText(name: string, given: Choices): string {
  return `${name}:${flagWords(settable, given).map((word) => word.slice("--".length)).join(",")}`;
}
