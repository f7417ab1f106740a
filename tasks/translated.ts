/**
 * Translating lines of text.
 * @module
 */
import type { Subwords } from "../data/text/subwords.ts";
import { greedy } from "../models/decoding/greedy.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import type { Tensors } from "../runtime/tensor.ts";

const TOKENS = 2000; // read at a time

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
