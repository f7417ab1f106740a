/**
 * How a command ends that cannot go on.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Options } from "../runtime/option.ts";
import { spelled } from "./flags.ts";

const SYSTEM = 1, BAD_INPUT = 2;

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
