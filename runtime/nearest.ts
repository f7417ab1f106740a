/**
 * Names that were meant.
 * @module
 */
import { distance } from "fastest-levenshtein";
import { UserError } from "./errors.ts";

/**
 * The entry that goes by a name.
 *
 * @throws `UserError` that names the argument, the value, the nearest name and all of them.
 */
export function named<T>(argument: string, value: string, entries: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(entries, value)) return entries[value];
  throw unknown(argument, value, Object.keys(entries));
}

/** The error for a name that is none of those: it names the nearest and all of them. */
export function unknown(argument: string, value: string, names: readonly string[]): UserError {
  const remedy = meant(value, names, `there are: ${names.join(", ")}`);
  return new UserError({ argument, value, problem: "is unknown", remedy });
}

/** `did you mean NAME? See …`, or only `see …` where no name is near to what was written. */
export function meant(written: string, names: readonly string[], see: string, prefix = ""): string {
  const name = nearest(written, names);
  if (apart(written, name) > Math.max(1, written.length / 2)) return see;
  return `did you mean ${prefix}${name}? ${see[0].toUpperCase()}${see.slice(1)}`;
}

/** Edits from what was written to a name, as a whole or in one of its parts: `block` means `apo-per-block`. */
function apart(written: string, name: string): number {
  return Math.min(...[name, ...name.split("-")].map((piece) => distance(written, piece)));
}

/** The name that is nearest to what was written. */
function nearest(written: string, names: readonly string[]): string {
  return names.toSorted((a, b) =>
    apart(written, a) - apart(written, b) || distance(written, a) - distance(written, b)
  )[0];
}
