/**
 * The command `deno task data NAME`: downloads a data set from its publisher.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { UserError } from "../runtime/errors.ts";
import { fetchData, type FetchDataOptions, type Progress } from "./data/fetch_data.ts";
import { publisherOf, PUBLISHERS } from "./data/publishers.ts";

const LIST = Object.entries(PUBLISHERS).map(([name, { title }]) => `  ${name.padEnd(16)}${title}`).join("\n");
const HELP = `Downloads a data set from its publisher, checks it, and puts it into a folder.

  deno task data NAME [--out=FOLDER]

Names:
${LIST}

Options:
  --out=FOLDER    where to put it (default data/NAME)
  --list          print the names
  --help          print this

Train on it with: deno task train --data=FOLDER`;

const size = (bytes: number): string => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** Prints a line for each file; while one is on its way, the line counts up, but only where somebody watches. */
function printProgress({ file, state, received, total }: Progress): void {
  const watched = Deno.stderr.isTerminal();
  const overwrite = watched ? "\r\x1b[K" : "";
  if (state === "present") console.error(`${file}: already there`);
  else if (state === "saved") console.error(`${overwrite}${file}: ${size(received)}, checksum right`);
  else if (watched) {
    const line = `${overwrite}${file}: ${size(received)}${total ? ` of ${size(total)}` : ""}`;
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  }
}

async function runCommand(args: readonly string[], fetch?: FetchDataOptions["fetch"]): Promise<void> {
  const unknown = (arg: string, flag?: string) => {
    if (flag !== undefined) throw new UserError(`Unknown option ${arg}: deno task data --help lists them`);
  };
  const { _: names, ...options } = parseArgs([...args], { boolean: ["help", "list"], string: ["out", "_"], unknown });
  if (options.help) return console.log(HELP);
  if (options.list) return console.log(LIST);
  if (names.length !== 1) throw new UserError(`Which data set? deno task data ${Object.keys(PUBLISHERS).join("|")}`);
  const name = String(names[0]);
  const publisher = publisherOf(name);
  const folder = options.out === undefined ? `data/${name}` : String(options.out);
  if (folder === "") throw new UserError("--out is empty: name a folder, such as --out=data/mnist");
  await fetchData(publisher, folder, { fetch, onProgress: printProgress });
  console.error(`Ready: deno task train --data=${folder}`);
}

/**
 * Runs the command with these arguments and returns the exit code: 0, or 2 after printing what is wrong.
 *
 * @param fetch instead of `globalThis.fetch`
 */
export async function main(args: readonly string[], fetch?: FetchDataOptions["fetch"]): Promise<number> {
  try {
    await runCommand(args, fetch);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
