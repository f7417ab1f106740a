/**
 * What a translator's translations are worth.
 * @module
 */
import { bleu } from "../data/text/bleu.ts";
import type { Pairs } from "../data/text/corpus.ts";
import type { Subwords } from "../data/text/subwords.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import type { Judge } from "../training/judge.ts";
import { translated } from "./translated.ts";

/** How many lines are translated at an evaluation on the way, and how many are shown. */
const GLANCE = 100, SHOWN = 8;

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
