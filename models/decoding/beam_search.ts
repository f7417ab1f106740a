/**
 * Decoding by beam search.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { nonNegative, positiveWhole } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import type { Decoding, SequenceModel } from "../networks/transformer.ts";
import { PADDING, type Tokens } from "../tokens.ts";
import { type DecodingOptions, mostTokens } from "./greedy.ts";
import { sourcesOf } from "./sources.ts";

/** Options of {@linkcode beamSearch}. */
export interface BeamOptions extends DecodingOptions {
  /** How many sequences are followed for each source. */
  readonly beam: number;
  /** α of the length penalty. Default: 0.6. */
  readonly lengthPenalty?: number;
}

/** A sequence on its way. */
interface Hypothesis {
  readonly tokens: Tokens;
  /** log p. */
  readonly score: number;
}

/** How a hypothesis goes on. */
interface Continued extends Hypothesis {
  /** The row that it was in. */
  readonly row: number;
  readonly token: number;
}

/**
 * For each source the best sequence that was found while `beam` hypotheses are followed. Sequences are compared by
 * `$\log p \,/\, ((5 + n)/6)^\alpha$`, n being their length with the end token (Wu et al. 2016, arXiv 1609.08144, section 7). A source is
 * done when as many sequences have ended as there are hypotheses and none of these can become better than the best of them. What has not
 * ended where it is as long as it may be counts only where nothing has.
 *
 * @param params They stay the caller's.
 * @param sources As in {@linkcode greedy}.
 */
export async function beamSearch(
  model: SequenceModel,
  params: Tensors,
  sources: readonly Tokens[],
  { beam, lengthPenalty = 0.6, start, end, longest }: BeamOptions,
): Promise<number[][]> {
  positiveWhole("beam", beam);
  nonNegative("lengthPenalty", lengthPenalty);
  const penalty = (length: number): number => ((5 + length) / 6) ** lengthPenalty;
  const ended: { tokens: Tokens; value: number }[][] = sources.map(() => []), open = new Set(sources.keys());
  let live: Hypothesis[][] = sources.map(() => [{ tokens: [], score: 0 }]); // row b · beam + i is the i-th of source b
  const most = mostTokens(sources, { start, end, longest });
  let decoding = tf.tidy(() =>
    model.begin(params, sourcesOf(sources.flatMap((tokens) => Array.from({ length: beam }, () => tokens))))
  );
  try {
    let latest = new Int32Array(sources.length * beam).fill(start);
    for (let position = 0; open.size > 0; position++) {
      const { values, indices, next } = likeliest(model, params, latest, position, decoding, beam + 1);
      tf.dispose(decoding.earlier);
      decoding = next;
      const choices = values.shape[1]!;
      const [logs, tokens] = await Promise.all([values.data(), indices.data()])
        .finally(() => tf.dispose([values, indices]));
      const order = Int32Array.from(latest, (_, row) => row);
      latest = new Int32Array(latest.length).fill(PADDING);
      live = live.map((hypotheses, b) => {
        if (!open.has(b)) return hypotheses;
        const continued = hypotheses.flatMap(({ tokens: before, score }, i) => {
          const row = b * beam + i, at = row * choices;
          return Array.from({ length: choices }, (_, j): Continued => {
            const token = tokens[at + j];
            return { row, token, tokens: [...before, token], score: score + logs[at + j] };
          });
        }).sort((a, b) => b.score - a.score);
        const next: Continued[] = [];
        for (const one of continued) {
          if (next.length === beam) break;
          if (one.token !== end) next.push(one);
          else ended[b].push({ tokens: one.tokens.slice(0, -1), value: one.score / penalty(one.tokens.length) });
        }
        next.forEach(({ row, token }, i) => {
          order[b * beam + i] = row;
          latest[b * beam + i] = token;
        });
        const best = Math.max(...ended[b].map(({ value }) => value));
        const decided = ended[b].length >= beam && next[0].score / penalty(most[b] + 1) <= best;
        if (decided || position + 1 >= most[b]) open.delete(b);
        return next;
      });
      decoding = reordered(decoding, order);
    }
  } finally {
    tf.dispose(decoding);
  }
  return ended.map((all, b) => [...all.toSorted((x, y) => y.value - x.value)[0]?.tokens ?? live[b][0].tokens]);
}

/** The likeliest tokens with their log-probabilities, `[rows, count]`. */
function likeliest(
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

/** What came before, as the rows stand now. */
function reordered(decoding: Decoding, order: Int32Array): Decoding {
  const earlier = tf.tidy(() => {
    const rows = tf.tensor1d(order, "int32");
    return decoding.earlier.map(({ keys, values }) => ({
      keys: tf.gather(keys, rows),
      values: tf.gather(values, rows),
    }));
  });
  tf.dispose(decoding.earlier);
  return { ...decoding, earlier };
}
