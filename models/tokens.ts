/**
 * Sequences of tokens.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";

/** Token numbers. */
export type Tokens = readonly number[];

/** Token 0 stands for nothing: it fills sequences up to the longest one of a batch. */
export const PADDING = 0;

/** Sequences filled up to `time` tokens, which none exceeds, as one tensor, `int32 [sequences, time]`. */
export function padded(sequences: readonly Tokens[], time: number): Tensor {
  const numbers = new Int32Array(sequences.length * time).fill(PADDING);
  sequences.forEach((tokens, row) => numbers.set(tokens, row * time));
  return tf.tensor2d(numbers, [sequences.length, time], "int32");
}
