/** What tests of kernels with blockwise factors share: sizes to try, and how close results of two backends are. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import type { Tensors } from "../../runtime/tensor.ts";

/** Of a matrix, and of the blocks of the factors on its sides. */
export interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly blockSize: number;
}

const size = (least: number) => fc.oneof(fc.integer({ min: least, max: 20 }), fc.constantFrom(63, 64, 65, 130));

/** Small ones, and those around the kernels' strips; one block and many, also such that the last reaches beyond the matrix. */
export const sizes = ({ leastRows = 1 } = {}) => ({
  rows: size(leastRows),
  columns: size(1),
  blockSize: fc.constantFrom(1, 2, 3, 7, 16, 64, 1000),
});

/** Numbers by name. */
export type Results = Record<string, Float32Array>;

/** The numbers of tensors, which are disposed of. */
export async function resultsOf(tensors: Tensors): Promise<Results> {
  const arrays = await Promise.all(
    Object.entries(tensors).map(async ([name, x]) => [name, await x.data() as Float32Array]),
  );
  tf.dispose(tensors);
  return Object.fromEntries(arrays);
}

/** The same but for the rounding of sums, in units of each result's largest number. */
export function assertClose(actual: Results, expected: Results): void {
  assertEquals(Object.keys(actual).toSorted(), Object.keys(expected).toSorted());
  for (const [name, values] of Object.entries(expected)) {
    const largest = Math.max(1e-3, ...values.map(Math.abs));
    assertEquals(actual[name].length, values.length);
    values.forEach((x, i) => assertAlmostEquals(actual[name][i], x, 3e-6 * largest, `${name}[${i}]`));
  }
}
