/**
 * Folders of data and their files.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";

/** Where `deno task data` puts what it downloads, each in a folder of its name. */
export const DOWNLOADS = "datasets";

/** Where it puts one. */
export const downloadFolder = (name: string): string => `${DOWNLOADS}/${name}`;

/** The file's bytes, or undefined if there is none. @throws `UserError` for a folder that is a file, or cannot be read. */
export async function readIfThere(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const wrong = (problem: string, remedy: string) =>
      new UserError({ argument: "data", value: folder, problem, remedy });
    if (error instanceof Deno.errors.NotADirectory) throw wrong("is a file", "give a folder");
    const { IsADirectory, NotCapable, PermissionDenied } = Deno.errors;
    if (![IsADirectory, NotCapable, PermissionDenied].some((kind) => error instanceof kind)) throw error;
    const problem = `holds ${name}, which cannot be read (${(error as Error).message})`;
    throw wrong(problem, "let it be read, or give another folder");
  }
}
