/**
 * Decoding by beam search.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { nonNegative, positiveWhole } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import type { Decoding, SequenceModel } from "../networks/transformer.ts";
import { PADDING, type Tokens } from "../tokens.ts";
import { type DecodingOptions, maxLengths } from "./greedy.ts";
import { sourcesOf } from "./sources.ts";

/** Options of {@linkcode beamSearch}. */
export interface BeamOptions extends DecodingOptions {
  /** How many hypotheses are followed for each source. */
  readonly beam: number;
  /** α of the length penalty. Default: 0.6. */
  readonly lengthPenalty?: number;
}

/** A sequence that has not ended. */
interface Hypothesis {
  readonly tokens: Tokens;
  /** log p. */
  readonly score: number;
}

/** A hypothesis with one token more, its last. */
interface Continuation extends Hypothesis {
  /** The row of the hypothesis that it continues. */
  readonly row: number;
}

/** The likeliest next tokens of each row with their log-probabilities, `choices` a row. */
interface Candidates {
  readonly tokens: ArrayLike<number>;
  readonly logs: ArrayLike<number>;
  readonly choices: number;
}

/**
 * For each source the best sequence that is found while `beam` hypotheses are followed, each with its likeliest next tokens. Sequences are
 * compared by `$\log p \,/\, ((5 + n)/6)^\alpha$`, n being their length with the end token (Wu et al. 2016, arXiv 1609.08144, section 7).
 *
 * The search for a source ends when `beam` sequences have ended and no hypothesis can still become better than the best of them, and at
 * the largest length. If no sequence has ended by then, the likeliest hypothesis is returned.
 *
 * @param params They stay the caller's.
 * @param sources As in {@linkcode greedy}; memory is taken for `beam` times as many.
 */
export async function beamSearch(
  model: SequenceModel,
  params: Tensors,
  sources: readonly Tokens[],
  { beam, lengthPenalty = 0.6, start, end, maxLength }: BeamOptions,
): Promise<number[][]> {
  positiveWhole("beam", beam);
  nonNegative("lengthPenalty", lengthPenalty);
  const penalty = (length: number): number => ((5 + length) / 6) ** lengthPenalty;
  const ended: { tokens: Tokens; value: number }[][] = sources.map(() => []), open = new Set(sources.keys());
  const live: Hypothesis[][] = sources.map(() => [{ tokens: [], score: 0 }]); // row b · beam + i is the i-th of source b
  const most = maxLengths(sources, { start, end, maxLength });
  let decoding = tf.tidy(() =>
    model.begin(params, sourcesOf(sources.flatMap((tokens) => Array.from({ length: beam }, () => tokens))))
  );
  try {
    let latest = new Int32Array(sources.length * beam).fill(start);
    for (let position = 0; open.size > 0; position++) {
      const { next, ...likeliest } = candidatesOf(model, params, latest, position, decoding, beam + 1);
      tf.dispose(decoding.cache);
      decoding = next;
      const candidates = await read(likeliest), order = Int32Array.from(latest, (_, row) => row);
      latest = new Int32Array(latest.length).fill(PADDING);
      for (const b of [...open]) {
        const followed: Continuation[] = [];
        for (const continuation of continuations(live[b], b * beam, candidates)) {
          if (followed.length === beam) break;
          const { tokens, score } = continuation;
          if (tokens.at(-1) !== end) followed.push(continuation);
          else ended[b].push({ tokens: tokens.slice(0, -1), value: score / penalty(tokens.length) });
        }
        followed.forEach(({ row, tokens }, i) => {
          order[b * beam + i] = row;
          latest[b * beam + i] = tokens.at(-1)!;
        });
        live[b] = followed;
        const best = Math.max(...ended[b].map(({ value }) => value));
        const decided = ended[b].length >= beam && followed[0].score / penalty(most[b] + 1) <= best;
        if (decided || position + 1 >= most[b]) open.delete(b);
      }
      decoding = reordered(decoding, order);
    }
  } finally {
    tf.dispose(decoding);
  }
  return ended.map((all, b) => [...all.toSorted((x, y) => y.value - x.value)[0]?.tokens ?? live[b][0].tokens]);
}

/** The likeliest `count` tokens after each row, `[rows, count]`, and what is decoded with from there on. */
function candidatesOf(
  model: SequenceModel,
  params: Tensors,
  latest: Int32Array,
  position: number,
  decoding: Decoding,
  count: number,
) {
  return tf.tidy(() => {
    const { logits, decoding: next } = model.next(params, tf.tensor1d(latest, "int32"), position, decoding);
    return { ...tf.topk(tf.logSoftmax(logits), Math.min(count, logits.shape[1]!)), next };
  });
}

async function read({ values, indices }: { values: tf.Tensor; indices: tf.Tensor }): Promise<Candidates> {
  const [logs, tokens] = await Promise.all([values.data(), indices.data()]).finally(() =>
    tf.dispose([values, indices])
  );
  return { logs, tokens, choices: values.shape[1]! };
}

/** Hypotheses, the first of them in the row `first`, with each of their next tokens: the likeliest first. */
function continuations(
  hypotheses: readonly Hypothesis[],
  first: number,
  { tokens, logs, choices }: Candidates,
): Continuation[] {
  return hypotheses.flatMap((before, i) =>
    Array.from({ length: choices }, (_, j): Continuation => {
      const row = first + i, at = row * choices + j;
      return { row, tokens: [...before.tokens, tokens[at]], score: before.score + logs[at] };
    })
  ).sort((a, b) => b.score - a.score);
}

/** The cache of the hypotheses that are followed now: row i is what row `order[i]` was. */
function reordered(decoding: Decoding, order: Int32Array): Decoding {
  const cache = tf.tidy(() => {
    const rows = tf.tensor1d(order, "int32");
    return decoding.cache.map(({ keys, values }) => ({
      keys: tf.gather(keys, rows),
      values: tf.gather(values, rows),
    }));
  });
  tf.dispose(decoding.cache);
  return { ...decoding, cache };
}
