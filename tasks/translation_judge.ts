/**
 * What a translator's translations are worth.
 * @module
 */
import type { Texts } from "../data/dataset.ts";
import { bleu } from "../data/text/bleu.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import type { Judge } from "../training/judge.ts";
import { translated, type TranslationOptions } from "./translated.ts";

/** How many lines are translated at an evaluation on the way, and how many are shown. */
const GLANCE = 100, SHOWN = 8;

/**
 * BLEU of translations, with its brevity penalty: on the way of the first 100 lines to validate on, or to test on where there are none,
 * by the most likely token each; at the end of all lines to test on, by beam search if `options` say so.
 */
export function translationJudge(
  model: SequenceModel,
  { subwords, test, validation = test }: Pick<Texts, "subwords" | "validation" | "test">,
  options: TranslationOptions,
): Judge {
  return async ({ params }, extent, signal) => {
    const { source, target } = extent === "all" ? test : validation;
    const [count, how] = extent === "all" ? [source.length, options] : [Math.min(GLANCE, source.length), {}];
    const outputs = await translated(model, params, subwords, source.slice(0, count), { ...how, signal });
    const { score, brevityPenalty } = bleu(outputs, target.slice(0, count).map((line) => [line]));
    const samples = outputs.slice(0, SHOWN).map((output, i) => ({ input: source[i], output, expected: target[i] }));
    return { scores: { bleu: score, brevityPenalty }, samples };
  };
}
