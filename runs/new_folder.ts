/**
 * Folders that are to be made: of a run, a study or data.
 * @module
 */
import { UserError } from "../runtime/errors.ts";

const EVERYWHERE = ["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EIO"];

/** What is wrong with the folder that is to be made. */
export function badFolder(folder: string, problem: string, remedy = "give another folder"): UserError {
  return new UserError({ argument: "out", value: folder, problem, remedy });
}

/** Why a folder cannot be made: a `UserError` where another one can, else the error as it is. */
export function folderError(folder: string, error: unknown): unknown {
  const refused = error instanceof Deno.errors.NotCapable ||
    error instanceof Error && "code" in error && !EVERYWHERE.includes(String(error.code));
  return refused ? badFolder(folder, `cannot be made: ${error.message}`) : error;
}

/** Whether there is a folder. @throws `UserError` where there is a file, or where none can be. */
export async function folderAt(folder: string): Promise<boolean> {
  try {
    if ((await Deno.stat(folder)).isDirectory) return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw folderError(folder, error);
  }
  throw badFolder(folder, "is a file", "give a folder");
}

/** Makes a folder, unless it is there. @throws `UserError` where there is a file, or where none can be. */
export async function madeFolder(folder: string): Promise<void> {
  if (await folderAt(folder)) return;
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw folderError(folder, error);
  });
}
