/**
 * White probes: random signs whose rows are nearly orthogonal.
 * @module
 */
import { paritySigns } from "../../runtime/parity_signs.ts";
import type { Random } from "../../runtime/random.ts";
import type { Matrix } from "../../runtime/two_sided.ts";

/** What the signs of a layer look like. */
export interface SignsOptions {
  readonly rows: number;
  readonly columns: number;
  /** So many rows that follow each other shall be nearly orthogonal. */
  readonly block: number;
  /** Whether the last row is apart. */
  readonly lastApart: boolean;
}

/**
 * `[rows, columns]` of ±1 with mean 0 and identity covariance: rows and columns of a Hadamard matrix in random order with random
 * signs. Up to `block` rows that follow each other are as nearly orthogonal as the number of columns allows, exactly if it is a
 * power of two: of the average over columns that a probe stands for only little is left to chance. The host draws a number for each
 * row and column, and the device makes signs of them.
 */
export function signs({ rows, columns, block, lastApart }: SignsOptions, stream: Random): Matrix {
  const size = 2 ** Math.ceil(Math.log2(Math.max(block, columns)));
  const rowOf = stream.permutation(size), columnOf = stream.permutation(size);
  const draw = (count: number, number: (i: number) => number) =>
    Int32Array.from({ length: count }, (_, i) => number(i));
  // Sylvester's matrix is −1 where the numbers of row and column share an odd number of bits; two more bits are the random signs
  const left = draw(rows, (i) => rowOf[i % size] | COLUMN_SIGN | stream.integer(2) * ROW_SIGN);
  const right = draw(columns, (j) => columnOf[j] | ROW_SIGN | stream.integer(2) * COLUMN_SIGN);
  if (!lastApart) return { body: paritySigns(left, right) };
  return {
    body: paritySigns(left.subarray(0, -1), right),
    last: paritySigns(left.subarray(-1), right).reshape([columns]),
  };
}

const ROW_SIGN = 1 << 29, COLUMN_SIGN = 1 << 30;
