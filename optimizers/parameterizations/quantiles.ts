/**
 * The spread of many values in three numbers.
 * @module
 */
import type { TypedArray } from "@tensorflow/tfjs";
import type { Learned } from "../optimizer.ts";

const SAMPLE = 4096;

/** Smallest and largest of all values together, and the median of up to 4096 of them, evenly spaced: cheap enough to watch. */
export function quantiles(name: string, arrays: readonly TypedArray[]): Learned {
  const total = arrays.reduce((size, array) => size + array.length, 0), stride = Math.ceil(total / SAMPLE);
  const sample: number[] = [];
  let smallest = Infinity, largest = -Infinity, position = 0;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++) {
      const value = array[i];
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
      if (position++ % stride === 0) sample.push(value);
    }
  }
  sample.sort((a, b) => a - b);
  const last = sample.length - 1;
  const median = (sample[Math.floor(last / 2)] + sample[Math.ceil(last / 2)]) / 2;
  return { [`${name} min`]: smallest, [`${name} median`]: median, [`${name} max`]: largest };
}
