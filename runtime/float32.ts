/**
 * What a tensor's elements can be.
 * @module
 */

/** Whether it is a number that is finite as a float32: larger ones, infinities, NaN and text are not. */
export function isFloat32(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}
