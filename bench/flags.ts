/**
 * The flags of `deno task bench`.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { closest } from "fastest-levenshtein";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";

/** The flags that were given, checked. */
export interface Given {
  readonly quick: boolean;
  readonly help: boolean;
  /** Where the figures are written. */
  readonly json?: string;
  /** The one figure to measure. */
  readonly only?: string;
}

const switches = ["quick", "help"], valued = ["json", "only"];

/**
 * Parses and checks a command line.
 *
 * @param figures What `--only` can name.
 * @throws `UserError` for a flag that is unknown (with the nearest), given twice, or without its value.
 */
export function parseFlags(args: readonly string[], figures: Readonly<Record<string, unknown>>): Given {
  const names = [...switches, ...valued];
  const parsed = parseArgs([...args], {
    boolean: switches,
    string: valued,
    unknown: (arg: string, key?: string) => {
      if (key === undefined) throw new UserError(`"${arg}" is no flag; write --flag=value, and see --help`);
      throw new UserError(`${arg.split("=")[0]} is unknown; did you mean --${closest(key, names)}? See --help`);
    },
  });
  for (const name of names) {
    const times = args.filter((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)).length;
    if (times > 1) throw new UserError(`--${name} is given ${times} times; give it once`);
    if (times === 1 && parsed[name] === "") throw new UserError(`--${name} has no value; write --${name}=…`);
  }
  const { quick, help, json, only } = parsed as unknown as Given;
  if (only !== undefined) named("--only", only, figures);
  return { quick, help, json, only };
}

/** The help. */
export function helpText(figures: Readonly<Record<string, { readonly title: string }>>): string {
  const lines = Object.entries(figures).map(([name, { title }]) => `  ${name.padEnd(14)}${title}`);
  return `Measures what training costs, and prints it beside what it should cost. Nothing else should run meanwhile.

  deno task bench                                 all figures, some minutes
  deno task bench --quick --json=figures.json

  --quick       fewer repetitions, under a minute
  --only=NAME   one figure
  --json=FILE   write the figures and a description of the machine
  --help        print this

Figures:
${lines.join("\n")}

Exit codes: 0 measured (targets reached or not), 2 bad input.`;
}
