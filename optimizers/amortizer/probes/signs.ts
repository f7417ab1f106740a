/**
 * White probes: random signs whose rows are nearly orthogonal.
 * @module
 */
import { digitsOf, paritySigns } from "../../../runtime/parity_signs.ts";
import type { Random } from "../../../runtime/random.ts";
import type { Tensor, Tensors } from "../../../runtime/tensor.ts";
import type { Matrix } from "../../../runtime/two_sided.ts";

/** What the signs of a layer look like. */
export interface SignsForm {
  readonly rows: number;
  readonly columns: number;
  /** So many rows that follow each other shall be nearly orthogonal. */
  readonly block: number;
  /** Whether the last row is apart. */
  readonly lastApart?: boolean;
}

/**
 * The few numbers that {@linkcode signs} are made of. Those are ±1, `[rows, columns]`, with mean 0 and identity covariance: rows
 * and columns of a Hadamard matrix in random order with random signs. Up to `block` rows that follow each other are as nearly
 * orthogonal as the number of columns allows, exactly if it is a power of two: of the average over columns that a probe stands for
 * only little is left to chance.
 */
export function drawSigns({ rows, columns, block, lastApart = false }: SignsForm, stream: Random): Tensors {
  const size = 2 ** Math.ceil(Math.log2(Math.max(block, columns)));
  const rowOf = stream.permutation(size), columnOf = stream.permutation(size);
  const numbers = (count: number, number: (i: number) => number) =>
    Int32Array.from({ length: count }, (_, i) => number(i));
  // Sylvester's matrix is −1 where the numbers of row and column share an odd number of ones; two more digits are the random signs
  const left = numbers(rows, (i) => rowOf[i % size] | COLUMN_SIGN | stream.integer(2) * ROW_SIGN);
  const right = numbers(columns, (j) => columnOf[j] | ROW_SIGN | stream.integer(2) * COLUMN_SIGN);
  const digits = { rows: digitsOf(lastApart ? left.subarray(0, -1) : left), columns: digitsOf(right) };
  return lastApart ? { ...digits, last: digitsOf(left.subarray(-1)) } : digits;
}

/** The signs that {@linkcode drawSigns} has drawn, made on the device. */
export function signs({ rows, columns, last }: Readonly<Record<string, Tensor | undefined>>): Matrix {
  const body = paritySigns(rows!, columns!);
  return { body, ...last && { last: paritySigns(last, columns!).reshape([-1]) } };
}

const ROW_SIGN = 1 << 29, COLUMN_SIGN = 1 << 30;
