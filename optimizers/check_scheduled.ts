/**
 * The check of a quantity that may change with time.
 * @module
 */
import { nonNegative, UserError } from "../runtime/errors.ts";

/** @throws `UserError` unless it is a schedule or a number from 0 that is finite as a float32. */
export function checkScheduled(argument: string, value: unknown): void {
  if (typeof value === "number") nonNegative(argument, value);
  else if (typeof value !== "function") {
    throw new UserError(`${argument} is ${value}; give a number from 0, or a schedule such as cosine(…)`);
  }
}
