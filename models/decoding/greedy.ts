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
  /** How many tokens a sequence has at most whose source has so many. Default: one and a half times as many, and 5. */
  readonly longest?: (source: number) => number;
}

const usualLongest = (source: number): number => Math.ceil(1.5 * source + 5);

/** How long each sequence may become. @throws `UserError` for tokens or lengths that are no whole numbers from 1. */
export function mostTokens(
  sources: readonly Tokens[],
  { start, end, longest = usualLongest }: DecodingOptions,
): number[] {
  positiveWhole("start", start);
  positiveWhole("end", end);
  return sources.map(({ length }) => {
    const most = longest(length);
    positiveWhole(`longest(${length})`, most);
    return most;
  });
}

/**
 * For each source the sequence that has the most likely token at every position, given those before it. All sources are decoded at once,
 * with the keys and values of earlier positions kept: give so many at a time as memory allows, of about equal lengths.
 *
 * @param params They stay the caller's.
 * @param sources Token numbers, each with an end token where those of the training had one.
 */
export async function greedy(
  model: SequenceModel,
  params: Tensors,
  sources: readonly Tokens[],
  { start, end, longest }: DecodingOptions,
): Promise<number[][]> {
  const written: number[][] = sources.map(() => []), open = new Set(sources.keys());
  const most = mostTokens(sources, { start, end, longest });
  let decoding = tf.tidy(() => model.begin(params, sourcesOf(sources)));
  try {
    let latest = new Int32Array(sources.length).fill(start);
    for (let position = 0; open.size > 0; position++) {
      const { best, next } = tf.tidy(() => {
        const { logits, decoding: next } = model.next(params, tf.tensor1d(latest, "int32"), position, decoding);
        return { best: tf.argMax(logits, -1), next };
      });
      tf.dispose(decoding.earlier);
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
