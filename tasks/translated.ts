/**
 * Translating lines of text.
 * @module
 */
import type { Subwords } from "../data/text/subwords.ts";
import { beamSearch } from "../models/decoding/beam_search.ts";
import { greedy } from "../models/decoding/greedy.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import { breathing } from "../runtime/breath.ts";
import { UserError } from "../runtime/errors.ts";
import type { Tensors } from "../runtime/tensor.ts";

const TOKENS = 2000; // of sources at a time; each hypothesis has a copy of its source
const MOST_SUBWORDS = 1024; // of a line, as in fairseq: attention takes the square of them, and some thousands fill the memory

/** How lines are translated. */
export interface TranslationOptions {
  /** How many hypotheses beam search follows for each line. Default: 1, which takes the most likely token each time. */
  readonly beam?: number;
  /** Ends the translation when it aborts, with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The subwords of lines, as tokens.
 *
 * @param named What to call the line of an index in an error.
 * @throws `UserError` for a line of more than 1,024 subwords.
 */
export function encodedLines(
  { encode }: Pick<Subwords, "encode">,
  lines: readonly string[],
  named: (i: number) => string,
): number[][] {
  return lines.map((line, i) => {
    const tokens = encode(line);
    if (tokens.length <= MOST_SUBWORDS) return tokens;
    const [many, most] = [tokens.length, MOST_SUBWORDS].map((count) => count.toLocaleString("en"));
    throw new UserError(`${named(i)} has ${many} subwords: give at most ${most} in a line`);
  });
}

/**
 * Translates lines with a model of these subwords, lines of about equal length together. Blank lines become empty ones.
 *
 * @throws `UserError` for what is no list of lines, and for a line of more than 1,024 subwords; the signal's reason where it aborts.
 */
export async function translated(
  model: SequenceModel,
  params: Tensors,
  subwords: Subwords,
  lines: readonly string[],
  { beam = 1, signal }: TranslationOptions = {},
): Promise<string[]> {
  if (!(Array.isArray(lines) && lines.every((line) => typeof line === "string"))) {
    throw new UserError({ argument: "lines", value: lines, remedy: 'give a list of texts, such as ["Guten Tag."]' });
  }
  const { start, end } = subwords, written = lines.map(() => "");
  const sources = encodedLines(subwords, lines, (i) => `lines[${i}]`).map((tokens) => [...tokens, end]);
  const order = [...sources.keys()].filter((i) => lines[i].trim() !== "")
    .sort((a, b) => sources[a].length - sources[b].length);
  const breathe = breathing(signal);
  for (let from = 0, to; from < order.length; from = to) {
    await breathe();
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
