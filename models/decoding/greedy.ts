/**
 * Decoding by the most likely token.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positiveWhole } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import type { SequenceModel } from "../networks/transformer.ts";
import { PADDING, type Tokens } from "../tokens.ts";
import { sourcesOf } from "./sources.ts";

/** Options of {@linkcode greedy} and {@linkcode beamSearch}. */
export interface DecodingOptions {
  /** The token that comes before the first one. */
  readonly start: number;
  /** The token that ends a sequence; it is not among those that are returned. */
  readonly end: number;
  /** The largest number of tokens of a sequence whose source has `source` tokens. Default: 1.5 · source + 5, rounded up. */
  readonly maxLength?: (source: number) => number;
}

/** The largest length of each sequence. @throws `UserError` for tokens or lengths that are no whole numbers from 1. */
export function maxLengths(
  sources: readonly Tokens[],
  { start, end, maxLength = (source) => Math.ceil(1.5 * source + 5) }: DecodingOptions,
): number[] {
  positiveWhole("start", start);
  positiveWhole("end", end);
  return sources.map(({ length }) => {
    const most = maxLength(length);
    positiveWhole(`maxLength(${length})`, most);
    return most;
  });
}

/**
 * For each source the sequence that has the most likely token at every position, given those before it. All sources are decoded at once,
 * with the keys and values of earlier positions kept: give as many at a time as memory allows, of about equal lengths.
 *
 * @param params They stay the caller's.
 * @param sources Token numbers, each with an end token where those of the training had one.
 */
export async function greedy(
  model: SequenceModel,
  params: Tensors,
  sources: readonly Tokens[],
  { start, end, maxLength }: DecodingOptions,
): Promise<number[][]> {
  const written: number[][] = sources.map(() => []), open = new Set(sources.keys());
  const most = maxLengths(sources, { start, end, maxLength });
  let decoding = tf.tidy(() => model.begin(params, sourcesOf(sources)));
  try {
    let latest = new Int32Array(sources.length).fill(start);
    for (let position = 0; open.size > 0; position++) {
      const { best, next } = tf.tidy(() => {
        const { logits, decoding: next } = model.next(params, tf.tensor1d(latest, "int32"), position, decoding);
        return { best: tf.argMax(logits, -1), next };
      });
      tf.dispose(decoding.cache);
      decoding = next;
      const tokens = await best.data().finally(() => best.dispose());
      latest = Int32Array.from(tokens, (token, row) => {
        if (!open.has(row)) return PADDING;
        if (token !== end) written[row].push(token);
        if (token === end || position + 1 >= most[row]) open.delete(row);
        return token;
      });
    }
  } finally {
    tf.dispose(decoding);
  }
  return written;
}
