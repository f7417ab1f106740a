/**
 * A look at numbers before they are used.
 * @module
 */
import { UserError } from "./errors.ts";
import type { Tensor } from "./tensor.ts";
import { valuesOnHost } from "./values_on_host.ts";

/** Which numbers are right: never NaN. */
export interface Interval {
  /** The least. */
  readonly from: number;
  /** The largest. */
  readonly to: number;
  /** Only whole ones. */
  readonly whole?: boolean;
}

/** All numbers but NaN and the infinities. */
export const FINITE: Interval = { from: -Number.MAX_VALUE, to: Number.MAX_VALUE };

/**
 * Looks at numbers where this costs no wait for a device: on cpu and wasm, and on WebGPU as long as they were not used there.
 *
 * @param name Of the tensor.
 * @param remedy What to say after the number that is wrong.
 * @param weights As in `Batch`: where they are 0 any number will do.
 * @throws `UserError` for the first number that is not in the interval, with its place.
 */
export function checkNumbers(
  name: string,
  tensor: Tensor,
  interval: Interval,
  remedy: (value: number) => string,
  weights?: Tensor,
): void {
  const values = tensor.dtype === "string" ? undefined : valuesOnHost(tensor);
  if (values) checkValues(name, values, tensor.shape, interval, remedy, weights);
}

/** As {@linkcode checkNumbers}, of numbers that are on the host, row-major. */
export function checkValues(
  name: string,
  values: ArrayLike<number>,
  shape: readonly number[],
  { from, to, whole = false }: Interval,
  remedy: (value: number) => string,
  weights?: Tensor,
): void {
  const w = weights && valuesOnHost(weights);
  if (weights && !w) return;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value >= from && value <= to && (!whole || Number.isInteger(value))) continue;
    if (w && w[Math.floor(i * w.length / values.length)] === 0) continue;
    throw new UserError(`${name}[${placeOf(i, shape)}] is ${value}${remedy(value)}`);
  }
}

/** The indices of a number along the axes. */
function placeOf(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  for (const length of shape.toReversed()) {
    place.unshift(index % length);
    index = Math.floor(index / length);
  }
  return place.join(", ");
}
