/**
 * Subwords: the tokens that a network reads and writes, learned from text.
 * @module
 */
import { PADDING } from "../../models/tokens.ts";
import { UserError } from "../../runtime/errors.ts";
import { learnMerges, pairKey } from "./merges.ts";
import { segments, SPACE } from "./segments.ts";
import { parseTokenizer, tokenizerJson } from "./tokenizer_file.ts";
import { byteOf, BYTES, END, FIRST, START, type Vocabulary } from "./vocabulary.ts";

/** Turns lines into tokens and back. A token is a number from 0 to `size` − 1. */
export interface Subwords {
  /** The number of entries, the special ones and the 256 bytes included. */
  readonly size: number;
  /** The token that fills up a batch where its line has ended. */
  readonly padding: 0;
  /** The token that a decoder reads before the first one. */
  readonly start: 1;
  /** The token after the last one. */
  readonly end: 2;
  /**
   * The tokens of a line, without start and end. Every line comes back from `decode` as it was, whatever Unicode it holds; only half
   * of a surrogate pair, which is no Unicode, becomes U+FFFD.
   */
  encode(line: string): number[];
  /**
   * The line that these tokens spell. Padding, start and end are passed over, and bytes that are no UTF-8 become U+FFFD.
   *
   * @throws `UserError` for what is no token.
   */
  decode(tokens: ArrayLike<number>): string;
  /**
   * The subwords as the file `tokenizer.json` of Hugging Face's libraries `tokenizers`: they encode and decode alike, but take a
   * literal "▁" for a space, and texts such as "<pad>" for the special tokens.
   */
  toJson(): string;
}

/** How {@linkcode learnSubwords} learns. */
export interface SubwordOptions {
  /** How many entries to have, the 3 special ones and the 256 bytes included. There are fewer where the text has too few pairs. */
  readonly vocabulary: number;
}

/**
 * Learns subwords by byte-pair encoding with byte fallback. Give the lines of both languages together: then they share one table.
 *
 * 1. Each line gets a space before it, and is cut into segments: letters with their marks, single digits, and runs of other signs; one
 *    space before letters or signs belongs to them.
 * 2. The entries are padding, start, end, the 256 bytes, and each character that stands at least twice in the text.
 * 3. The two neighbouring entries within segments that are the most frequent become one new entry, over and over (Gage 1994; Sennrich,
 *    Haddow and Birch 2016, https://arxiv.org/abs/1508.07909). Equally frequent ones go by length, and then by alphabet.
 *
 * A line is encoded by making the same merges in the order in which they were learned. A character without an entry is spelt as the
 * bytes of its UTF-8. On text of one script the merges are those of SentencePiece's BPE with `split_digits` and
 * without its normalization.
 *
 * @throws `UserError` if `vocabulary` leaves no room for the characters.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { learnSubwords, parseSubwords } from "@amortized/apo/data";
 *
 * const subwords = learnSubwords(["ein Hund und ein Haus", "a dog and a house"], { vocabulary: 280 });
 * const tokens = subwords.encode("ein Hund  🐕");
 * assertEquals(subwords.decode(tokens), "ein Hund  🐕");
 * assertEquals(parseSubwords(subwords.toJson()).encode("ein Hund  🐕"), tokens);
 * ```
 */
export function learnSubwords(lines: Iterable<string>, { vocabulary }: SubwordOptions): Subwords {
  const words = new Map<string, number>(), characters = new Map<string, number>();
  for (const line of lines) for (const word of segments(line)) words.set(word, (words.get(word) ?? 0) + 1);
  for (const [word, count] of words) {
    for (const character of word) characters.set(character, (characters.get(character) ?? 0) + count);
  }
  const own = [...characters].filter(([character, count]) => count > 1 && !(character === " " || character === SPACE));
  const alphabet = [SPACE, ...own.map(([character]) => character).sort()], least = FIRST + alphabet.length;
  if (!(Number.isInteger(vocabulary) && vocabulary >= least)) {
    const remedy = `give a whole number from ${least}: there are 3 special tokens, 256 bytes and ${alphabet.length} ` +
      `characters, and merges come on top`;
    throw new UserError({ argument: "vocabulary", value: vocabulary, remedy });
  }
  const numbers = new Map(alphabet.map((character, i) => [character, i])).set(" ", 0).set(SPACE, -1);
  const sequences = Array.from(words.keys(), (word) => Array.from(word, (character) => numbers.get(character) ?? -1));
  const { symbols, pairs } = learnMerges(alphabet, sequences, [...words.values()], vocabulary - FIRST);
  return subwords({ entries: symbols, merges: pairs.map(([left, right]) => [FIRST + left, FIRST + right]) });
}

/**
 * The subwords of a file that {@linkcode Subwords.toJson} has made.
 *
 * @param name What to call the file in an error, such as its path. Default: "the tokenizer.json".
 * @throws `UserError` for a file that is damaged, or of another kind of tokenizer.
 */
export function parseSubwords(json: string, name = "the tokenizer.json"): Subwords {
  return subwords(parseTokenizer(json, name));
}

function subwords(vocabulary: Vocabulary): Subwords {
  const { entries, merges } = vocabulary, size = FIRST + entries.length;
  const tokens = new Map(entries.map((entry, i) => [entry, FIRST + i])), utf8 = new TextEncoder();
  const text = (token: number) => entries[token - FIRST];
  const ranks = new Map(merges.map(([left, right], rank) => {
    return [pairKey(left, right), { rank, merged: tokens.get(text(left) + text(right))! }];
  }));
  const bytes = [
    ...Array.from({ length: FIRST }, (_, token) => token < BYTES ? [] : [token - BYTES]),
    ...entries.map((entry) => [...utf8.encode(entry.replaceAll(SPACE, " "))]),
  ];
  const character = (c: string): number[] => {
    const token = c === " " ? tokens.get(SPACE) : c === SPACE ? undefined : tokens.get(c);
    return token === undefined ? Array.from(utf8.encode(c), byteOf) : [token];
  };
  const segment = (word: string): readonly number[] => {
    const spelt = Array.from(word).flatMap(character);
    for (;;) {
      let best: { rank: number; merged: number } | undefined, at = 0;
      for (let i = 0; i + 1 < spelt.length; i++) {
        const merge = ranks.get(pairKey(spelt[i], spelt[i + 1]));
        if (merge && !(best && best.rank <= merge.rank)) [best, at] = [merge, i];
      }
      if (!best) return spelt;
      spelt.splice(at, 2, best.merged);
    }
  };
  const known = new Map<string, readonly number[]>(); // text says the same words over and over
  return {
    size,
    padding: PADDING,
    start: START,
    end: END,
    encode: (line) =>
      segments(line).flatMap((word) => {
        let spelt = known.get(word);
        if (!spelt) known.set(word, spelt = segment(word));
        return spelt;
      }),
    decode: (line) => {
      const all = Array.from(line, (token, i) => {
        if (bytes[token]) return bytes[token];
        throw new UserError({ argument: `tokens[${i}]`, value: token, remedy: `give whole numbers below ${size}` });
      });
      const spelt = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(all.flat()));
      return spelt.startsWith(" ") ? spelt.slice(1) : spelt;
    },
    toJson: () => tokenizerJson(vocabulary),
  };
}
