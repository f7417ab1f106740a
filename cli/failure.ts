/**
 * How a command ends that cannot go on.
 * @module
 */
import { UserError } from "../runtime/errors.ts";

const FILE_SYSTEM = 1;

/**
 * Prints what is wrong in one line, and gives the exit code.
 *
 * @param goOn The flag that goes on once there is room again.
 * @throws the error where it is a bug: then its stack trace is worth more.
 */
export function exitCodeOf(error: unknown, goOn: string): number {
  if (error instanceof UserError) {
    console.error(oneLine(error.message));
    return error.exitCode;
  }
  if (!fromFileSystem(error)) throw error;
  console.error(`${oneLine(error.message)}; what was written before is whole: make room and go on with ${goOn}`);
  return FILE_SYSTEM;
}

const oneLine = (text: string): string => text.replaceAll("\r", "\\r").replaceAll("\n", "\\n");

/** A full disk, a file taken away: nothing that a stack trace explains. */
function fromFileSystem(error: unknown): error is Error {
  return error instanceof Error &&
    ("code" in error || Object.values(Deno.errors).some((kind) => error instanceof kind));
}
