/**
 * Files that cannot be used: they are told from bad input, and kept.
 * @module
 */
import { UserError } from "../errors.ts";

/** A file of a run does not hold what was written there. What is missing or cannot be read for another reason is no damage. */
export class DamagedError extends UserError {
  /** The class. */
  override readonly name: string = "DamagedError";
}

/**
 * Makes room at `path`: what stands there is renamed to `PATH.WHY-1`, or to the next number that is free. Whoever needs a place
 * that something of the user's has calls this; nothing is ever removed for it.
 *
 * @param path Of a file or a folder.
 * @returns Where it is now.
 */
export async function moveAside(path: string, why: "damaged" | "interrupted" | "outdated"): Promise<string> {
  for (let n = 1;; n++) {
    const aside = `${path}.${why}-${n}`;
    if (await Deno.lstat(aside).then(() => true, unlessMissing(false))) continue;
    await Deno.rename(path, aside);
    return aside;
  }
}

/** For `catch`: this value where a file or folder is missing; any other error goes on, as it does not mean that nothing is there. */
export function unlessMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return value;
    throw error;
  };
}
