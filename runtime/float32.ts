/**
 * What a tensor's elements can be.
 * @module
 */

/** Whether it is finite as a float32: larger numbers, infinities and NaN are not. */
export function isFloat32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}
