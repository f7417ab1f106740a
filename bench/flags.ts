/**
 * The flags of `deno task bench`.
 * @module
 */
import { named } from "../runtime/nearest.ts";
import { flagLines, type Flags, type Given, parseFlags } from "../tasks/cli/flags.ts";

const flags = {
  quick: { kind: "switch", help: "fewer repetitions, under a minute" },
  only: { kind: "name", value: "NAME", help: "one figure" },
  json: { kind: "path", value: "FILE", help: "write the figures and a description of the machine" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Flags;

/**
 * Parses and checks a command line.
 *
 * @param figures What `--only` can name.
 * @throws `UserError` as `parseFlags` of the commands does, and for a figure that is unknown.
 */
export function benchFlags(args: readonly string[], figures: Readonly<Record<string, unknown>>): Given<typeof flags> {
  const given = parseFlags(flags, args);
  if (given.only !== undefined) named("--only", given.only, figures);
  return given;
}

/** The help. */
export function helpText(figures: Readonly<Record<string, { readonly title: string }>>): string {
  const lines = Object.entries(figures).map(([name, { title }]) => `  ${name.padEnd(14)}${title}`);
  return `Measures what training costs, and prints it beside what it should cost. Nothing else should run meanwhile.

  deno task bench                                 all figures, some minutes
  deno task bench --quick --json=figures.json

${flagLines(flags)}

Figures:
${lines.join("\n")}

Exit codes: 0 measured (targets reached or not), 2 bad input.`;
}
