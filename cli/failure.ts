/**
 * How a command begins, and how it ends where it cannot go on.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Options } from "../runtime/option.ts";
import { type Given, parseFlags, spelled } from "./flags.ts";
import { type Output, output } from "./output.ts";

const SYSTEM = 1, BAD_INPUT = 2;

/** What a command says of itself. */
export interface Command<O extends Options, Word extends string> {
  readonly flags: O;
  /** What may stand without a flag. */
  readonly words?: readonly Word[];
  /** What is printed, by the flag that asks for it, instead of anything else. */
  readonly texts: Readonly<Record<string, () => string>>;
  /** What goes on once a failure of the system is mended. */
  readonly goOn: string;
}

/** Runs a command with these arguments, and returns the exit code. */
export async function runCommand<O extends Options, Word extends string = never>(
  { flags, words, texts, goOn }: Command<O, Word>,
  args: readonly string[],
  run: (given: Given<O, Word>, out: Output) => Promise<number>,
): Promise<number> {
  const out = output();
  try {
    const given = parseFlags(flags, args, { words }), text = Object.keys(texts).find((name) => name in given);
    if (text === undefined) return await run(given, out);
    out.print(texts[text]());
    return 0;
  } catch (error) {
    return exitCodeOf(error, goOn, flags, words);
  }
}

/**
 * Prints what is wrong and what to do about it in one line, and gives the exit code: a `UserError`'s own, 1 where the system
 * refuses, 2 for a permission that Deno was not given.
 *
 * @param goOn What goes on once that is mended: `--resume=RUN`, or the same command.
 * @param flags The command's, in which its user thinks of arguments; and its words.
 * @throws the error where it is a bug: then its stack trace is worth more.
 */
export function exitCodeOf(error: unknown, goOn: string, flags: Options = {}, words?: readonly string[]): number {
  if (error instanceof UserError) return told(spelled(error, flags, words), error.exitCode);
  if (error instanceof Deno.errors.NotCapable) {
    return told(
      `${error.message}: Deno was not given this permission; start the command with \`deno task\`, whose permissions ` +
        "deno.json lists",
      BAD_INPUT,
    );
  }
  const remedy = remedyOf(error);
  if (remedy === undefined) throw error;
  return told(
    `${(error as Error).message}; what was written before is whole: ${remedy}, and go on with ${goOn}`,
    SYSTEM,
  );
}

function told(text: string, exitCode: number): number {
  console.error(text.replaceAll("\r", "\\r").replaceAll("\n", "\\n"));
  return exitCode;
}

const ROOM = "make room";
const PERMISSION = "let your user read and write there (chmod, chown)";
const FILES = "let more files be open (ulimit -n), or give fewer --jobs";

/** What to do about an error of the operating system, by its code. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: ROOM,
  EDQUOT: ROOM,
  EFBIG: ROOM,
  EACCES: PERMISSION,
  EPERM: PERMISSION,
  EROFS: "let the file system be written to (mount it anew)",
  ENOENT: "bring back what is gone",
  EMFILE: FILES,
  ENFILE: FILES,
  ERR_MODULE_NOT_FOUND: "install the packages with `deno install`, where the network reaches their registry",
};

/** What to do about an error that no stack trace explains; undefined for a bug. */
function remedyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (Object.hasOwn(remedies, error.code)) return remedies[error.code];
  return /^E[A-Z0-9]+$/.test(error.code) ? `mend that (${error.code})` : undefined;
}
