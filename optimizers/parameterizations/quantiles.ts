/**
 * @module
 */
import type { TypedArray } from "@tensorflow/tfjs";
import type { Learned } from "../optimizer.ts";

/** Smallest, median and largest of all values together, under `name`. */
export function quantiles(name: string, arrays: readonly TypedArray[]): Learned {
  const values = new Float32Array(arrays.reduce((size, array) => size + array.length, 0));
  let offset = 0;
  for (const array of arrays) {
    values.set(array, offset);
    offset += array.length;
  }
  values.sort();
  const last = values.length - 1;
  return {
    [`${name} min`]: values[0],
    [`${name} median`]: (values[Math.floor(last / 2)] + values[Math.ceil(last / 2)]) / 2,
    [`${name} max`]: values[last],
  };
}
