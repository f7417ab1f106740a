/**
 * The flags of `deno task bench`.
 * @module
 */
import { named } from "../runtime/nearest.ts";
import type { Options } from "../runtime/option.ts";
import { flagLines, type Given, parseFlags } from "../cli/flags.ts";

/** Every flag, in the order of the help. */
export const flags = {
  quick: { kind: "switch", help: "fewer repetitions and sizes, about a minute in all" },
  only: { kind: "names", value: "NAMES", help: "these figures, with commas between" },
  out: {
    kind: "path",
    help: "write there, named after machine and time: figures (JSON), a picture of cost against size (SVG)",
  },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

/**
 * Parses and checks a command line.
 *
 * @param figures What `--only` can name.
 * @throws `UserError` as `parseFlags` of the commands does, and for a figure that is unknown.
 */
export function benchFlags(args: readonly string[], figures: Readonly<Record<string, unknown>>): Given<typeof flags> {
  const given = parseFlags(flags, args);
  given.only?.forEach((name) => named("only", name, figures));
  return given;
}

/** The help. */
export function helpText(figures: Readonly<Record<string, { readonly title: string }>>): string {
  const lines = Object.entries(figures).map(([name, { title }]) => `  ${name.padEnd(14)}${title}`);
  return `Measures what training costs, and prints it beside what it should cost. Nothing else should run meanwhile.

  deno task bench                                 all figures, about 20 minutes
  deno task bench --quick                         roughly
  deno task bench --only=price,peers              some of them
  deno task bench --out=bench/results             to be kept beside those of other machines

${flagLines(flags)}

Figures, in the order in which they are measured:
${lines.join("\n")}

Exit codes: 0 measured (targets reached or not), 1 files cannot be written, 2 bad input.`;
}
