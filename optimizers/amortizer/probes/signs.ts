/**
 * White probes: random signs whose rows are nearly orthogonal.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Chance } from "../../../runtime/chance.ts";
import { paritySigns, randomLines } from "../../../runtime/parity_signs.ts";
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
 * ±1, `[rows, columns]`, with mean 0 and identity covariance: rows and columns of a Hadamard matrix in random order with random
 * signs. Up to `block` rows that follow each other are as nearly orthogonal as the number of columns allows, exactly if it is a power
 * of two: of the average over columns that a probe stands for only little is left to chance.
 */
export function whiteSigns(chance: Chance, name: string, form: SignsForm): Matrix {
  const { rows, columns, block, lastApart = false } = form;
  const size = 2 ** Math.ceil(Math.log2(Math.max(block, columns)));
  const left = randomLines(chance, name, "rows", rows, size);
  const right = randomLines(chance, name, "columns", columns, size);
  if (!lastApart) return { body: paritySigns(left, right) };
  const [body, last] = [[0, rows - 1], [rows - 1, 1]].map(([from, count]) =>
    paritySigns(tf.slice(left, from, count), right)
  );
  return { body, last: tf.reshape(last, [-1]) };
}
