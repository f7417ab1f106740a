/**
 * White probes: random signs whose rows are nearly orthogonal.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../../runtime/random.ts";
import type { Tensor } from "../../runtime/tensor.ts";

/**
 * `[rows, columns]` of ±1 with mean 0 and identity covariance: rows and columns of a Hadamard matrix in random order with random
 * signs. Up to `block` rows that follow each other are as nearly orthogonal as the number of columns allows, exactly if it is a
 * power of two: of the average over columns that a probe stands for only little is left to chance.
 */
export function signs(rows: number, columns: number, block: number, stream: Random): Tensor {
  const size = 2 ** Math.ceil(Math.log2(Math.max(block, columns)));
  const rowOf = stream.permutation(size), columnOf = stream.permutation(size);
  const draw = (count: number) => Uint8Array.from({ length: count }, () => stream.integer(2));
  const rowSign = draw(rows), columnSign = draw(columns), parity = parities(size);
  const values = new Float32Array(rows * columns);
  for (let i = 0, at = 0; i < rows; i++) {
    const row = rowOf[i % size], sign = rowSign[i];
    for (let j = 0; j < columns; j++) {
      values[at++] = (parity[row & columnOf[j]] ^ sign ^ columnSign[j]) === 0 ? 1 : -1;
    }
  }
  return tf.tensor2d(values, [rows, columns]);
}

/** For each number below `size` whether its binary digits add up to an odd number: Sylvester's matrix is −1 where i & j's do. */
function parities(size: number): Uint8Array {
  const parity = new Uint8Array(size);
  for (let i = 1; i < size; i++) parity[i] = parity[i >> 1] ^ (i & 1);
  return parity;
}
