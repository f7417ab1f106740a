/**
 * Names that were meant.
 * @module
 */
import { closest } from "fastest-levenshtein";
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
    `${flag}=${name} is unknown; did you mean ${closest(name, names)}? There are: ${names.join(", ")}`,
  );
}
