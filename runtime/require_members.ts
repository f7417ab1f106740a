/**
 * A look at parts that are written by hand, where nothing checks types: notebooks, JavaScript.
 * @module
 */
import { UserError } from "./errors.ts";

/**
 * Checks a part of one's own.
 *
 * @param argument What the part is called, such as `direction`.
 * @param members What it must have: the type of each member by its name.
 * @param remedy What to give instead, such as `give momentum()`.
 * @throws `UserError` for a part that is no object or lacks a member, naming both.
 */
export function requireMembers(
  argument: string,
  part: unknown,
  members: Readonly<Record<string, "function" | "number" | "object">>,
  remedy: string,
): void {
  const kindOf = (value: unknown) => value === null ? "null" : typeof value, kind = kindOf(part);
  if (kind !== "object") throw new UserError(`${argument} is ${kind === "function" ? "a function" : part}; ${remedy}`);
  for (const [name, wanted] of Object.entries(members)) {
    const found = kindOf((part as Record<string, unknown>)[name]);
    if (found !== wanted) throw new UserError(`${argument} has no ${wanted} "${name}"; ${remedy}`);
  }
}
