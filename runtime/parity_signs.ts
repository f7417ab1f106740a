/**
 * Large matrices of signs from a whole number for each row and column, among them Hadamard matrices in random order: Sylvester's
 * is −1 where the numbers of row and column share an odd number of ones.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { byGenerator, type Chance } from "./chance.ts";
import type { Tensor } from "./tensor.ts";
import type { Words } from "./threefry.ts";

/** The name of the kernel of {@linkcode paritySigns}: int32 inputs `rows` and `columns`. */
export const PARITY_SIGNS = "ApoParitySigns";

/** The name of the kernel of {@linkcode randomLines}: input `step`, attributes {@linkcode LineAttributes}. */
export const RANDOM_LINES = "ApoRandomLines";

/** What the kernel is called with beside the step. */
export interface LineAttributes {
  /** The generator's. */
  readonly key: Words;
  /** How many numbers. */
  readonly count: number;
  /** How many lines the matrix has: a power of two. */
  readonly size: number;
  /** A bit of all numbers. */
  readonly always: number;
  /** A bit of about half of them. */
  readonly random: number;
}

/** The order is from the words of the counters from 0 on, and the signs are the highest bits of those from here on. */
export const SIGNS_FROM = 2 ** 31;

/**
 * Rows or columns of a Hadamard matrix, in random order and with random signs, as {@linkcode paritySigns} wants them: `[count]`,
 * int32. A line's place is the rank of its random word, whose lowest bits are the line's own number, so that no two are equal. More
 * than `size` lines come again in the same order, with other signs.
 *
 * @param size How many rows and columns the matrix has: a power of two up to 2²².
 */
export function randomLines(
  chance: Chance,
  name: string,
  side: "rows" | "columns",
  count: number,
  size: number,
): Tensor {
  const [always, random] = side === "rows" ? [COLUMN_SIGN, ROW_SIGN] : [ROW_SIGN, COLUMN_SIGN];
  return byGenerator(RANDOM_LINES, chance, `${side}/${name}`, { count, size, always, random }, (words) => {
    const word = (from: number, i: number) => words(from + (i >> 1))[i & 1], mask = size - 1;
    const sorted = Uint32Array.from({ length: size }, (_, i) => word(0, i) & ~mask | i).sort(), places: number[] = [];
    sorted.forEach((value, place) => places[value & mask] = place);
    const line = (i: number) => places[i & mask] | always | (word(SIGNS_FROM, i) >>> 31 ? random : 0);
    return tf.tensor1d(Int32Array.from({ length: count }, (_, i) => line(i)));
  });
}

/** `[n, m]` of float32: −1 where `rows[i] & columns[j]` has an odd number of ones, else 1. */
export function paritySigns(rows: Tensor, columns: Tensor): Tensor {
  if (tf.getKernel(PARITY_SIGNS, tf.getBackend())) {
    return tf.engine().runKernel(PARITY_SIGNS, { rows, columns }) as Tensor;
  }
  const [left, right] = [rows.dataSync(), columns.dataSync()], signs = new Float32Array(left.length * right.length);
  left.forEach((row, i) => right.forEach((column, j) => signs[i * right.length + j] = isOdd(row & column) ? -1 : 1));
  return tf.tensor2d(signs, [left.length, right.length]);
}

/** Whether a number has an odd number of ones. */
function isOdd(bits: number): boolean {
  for (const by of [16, 8, 4, 2, 1]) bits ^= bits >>> by;
  return (bits & 1) === 1;
}

/**
 * A row and a column share the first where the row's sign is −1, and the second where the column's is. Below 2²⁴, as tfjs's shaders, such as
 * that of slices, take whole numbers for float32.
 */
const ROW_SIGN = 1 << 22, COLUMN_SIGN = 1 << 23;
