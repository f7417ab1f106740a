/**
 * Sequences of tokens as one tensor.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { PADDING } from "../networks/transformer.ts";

/** Token numbers. */
export type Tokens = readonly number[];

/** Sequences filled up to the longest of them, `int32 [sequences, time]`. @throws `UserError` where there is none, or an empty one. */
export function filled(sequences: readonly Tokens[]): Tensor {
  const time = Math.max(...sequences.map(({ length }) => length)),
    empty = sequences.findIndex(({ length }) => length === 0);
  if (sequences.length === 0) throw new UserError("there are no sequences to decode; give one or more");
  if (empty >= 0) throw new UserError(`sequences[${empty}] is empty; give it one token or more, such as the end token`);
  const numbers = new Int32Array(sequences.length * time).fill(PADDING);
  sequences.forEach((tokens, row) => numbers.set(tokens, row * time));
  return tf.tensor2d(numbers, [sequences.length, time], "int32");
}
