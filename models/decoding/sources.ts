/**
 * The sources of what is decoded.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { padded, type Tokens } from "../tokens.ts";

/** Sources filled up to the longest of them, `int32 [sources, time]`. @throws `UserError` where there is none, or an empty one. */
export function sourcesOf(sequences: readonly Tokens[]): Tensor {
  const lengths = sequences.map(({ length }) => length), empty = lengths.indexOf(0);
  if (sequences.length === 0) throw new UserError("there are no sequences to decode; give one or more");
  if (empty >= 0) throw new UserError(`sequences[${empty}] is empty; give it one token or more, such as the end token`);
  return padded(sequences, Math.max(...lengths));
}
