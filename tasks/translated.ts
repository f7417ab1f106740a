/**
 * Translating lines of text.
 * @module
 */
import type { Subwords } from "../data/text/subwords.ts";
import { beamSearch } from "../models/decoding/beam_search.ts";
import { greedy } from "../models/decoding/greedy.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import type { Tensors } from "../runtime/tensor.ts";

const TOKENS = 2000; // of sources at a time; each hypothesis has a copy of its source

/** How lines are translated. */
export interface TranslationOptions {
  /** How many hypotheses beam search follows for each line. Default: 1, which takes the most likely token each time. */
  readonly beam?: number;
}

/** Translates lines with a model of these subwords, lines of about equal length together. */
export async function translated(
  model: SequenceModel,
  params: Tensors,
  subwords: Subwords,
  lines: readonly string[],
  { beam = 1 }: TranslationOptions = {},
): Promise<string[]> {
  const { start, end } = subwords, written = new Array<string>(lines.length);
  const sources = lines.map((line) => [...subwords.encode(line), end]);
  const order = [...sources.keys()].sort((a, b) => sources[a].length - sources[b].length);
  for (let from = 0, to; from < order.length; from = to) {
    to = from + 1;
    while (to < order.length && sources[order[to]].length * (to + 1 - from) <= TOKENS / beam) to++;
    const group = order.slice(from, to), read = group.map((i) => sources[i]);
    const tokens = beam === 1
      ? await greedy(model, params, read, { start, end })
      : await beamSearch(model, params, read, { beam, start, end });
    const known = (token: number) => token < subwords.size; // the model may have more tokens than the text gave
    group.forEach((i, row) => written[i] = subwords.decode(tokens[row].filter(known)));
  }
  return written;
}
