/**
 * Names that were meant.
 * @module
 */
import { distance } from "fastest-levenshtein";
import { UserError } from "./errors.ts";

/**
 * The entry that goes by a name.
 *
 * @throws `UserError` that names the flag, the value, the nearest name and all of them.
 */
export function named<T>(flag: string, name: string, entries: Readonly<Record<string, T>>): T {
  const names = Object.keys(entries);
  if (Object.hasOwn(entries, name)) return entries[name];
  throw new UserError(
    `${flag}=${name} is unknown; did you mean ${nearest(name, names)}? There are: ${names.join(", ")}`,
  );
}

/** The name that is nearest to what was written, as a whole or in one of its parts: `kfac` means `apo-kfac`. */
export function nearest(written: string, names: readonly string[]): string {
  const part = (name: string) => Math.min(...[name, ...name.split("-")].map((piece) => distance(written, piece)));
  return names.toSorted((a, b) => part(a) - part(b) || distance(written, a) - distance(written, b))[0];
}
