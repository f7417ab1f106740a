/**
 * What a translator's translations are worth.
 * @module
 */
import { bleu } from "../data/text/bleu.ts";
import type { Pairs } from "../data/text/corpus.ts";
import type { Subwords } from "../data/text/subwords.ts";
import { greedy } from "../models/decoding/greedy.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import type { Tensors } from "../runtime/tensor.ts";
import type { Judge } from "../training/judge.ts";

/** How many lines are translated at an evaluation on the way, how many are shown, and how many tokens are read at a time. */
const GLANCE = 100, SHOWN = 8, TOKENS = 2000;

/** Translates lines with a model of these subwords: by the most likely token, lines of about equal length together. */
export async function translated(
  model: SequenceModel,
  params: Tensors,
  subwords: Subwords,
  lines: readonly string[],
): Promise<string[]> {
  const { start, end } = subwords, written = new Array<string>(lines.length);
  const sources = lines.map((line) => [...subwords.encode(line), end]);
  const order = [...sources.keys()].sort((a, b) => sources[a].length - sources[b].length);
  for (let from = 0, to; from < order.length; from = to) {
    to = from + 1;
    while (to < order.length && sources[order[to]].length * (to + 1 - from) <= TOKENS) to++;
    const group = order.slice(from, to),
      tokens = await greedy(model, params, group.map((i) => sources[i]), { start, end });
    const known = (token: number) => token < subwords.size; // the model may have more tokens than the text gave
    group.forEach((i, row) => written[i] = subwords.decode(tokens[row].filter(known)));
  }
  return written;
}

/** BLEU of greedy translations, with its brevity penalty: on the way of the first 100 lines, at the end of all. */
export function translationJudge(model: SequenceModel, subwords: Subwords, { source, target }: Pairs): Judge {
  return async ({ params }, extent) => {
    const count = extent === "all" ? source.length : Math.min(GLANCE, source.length);
    const outputs = await translated(model, params, subwords, source.slice(0, count));
    const { score, brevityPenalty } = bleu(outputs, target.slice(0, count).map((line) => [line]));
    const samples = outputs.slice(0, SHOWN).map((output, i) => ({ input: source[i], output, expected: target[i] }));
    return { scores: { bleu: score, brevityPenalty }, samples };
  };
}
