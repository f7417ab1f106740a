/**
 * What entries of JSON files have to be.
 * @module
 */

/** A string. */
export const isText = (x: unknown): x is string => typeof x === "string";
/** A whole number from 1. */
export const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && x as number >= 1;
/** An object that is no list. */
export const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);
