import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { learnSubwords, parseSubwords, type Subwords } from "../../../data/text/subwords.ts";
import { UserError } from "../../../runtime/errors.ts";

const here = new URL(".", import.meta.url);
const recorded = JSON.parse(Deno.readTextFileSync(new URL("recorded.json", here)));
const text = Deno.readTextFileSync(new URL("text.txt", here)).trimEnd().split("\n");
const subwords = learnSubwords(text, { vocabulary: recorded.tokenizers.vocabulary });

/** The entries of more than one character, in the order of learning. */
function pieces(subwords: Subwords): string[] {
  const vocab: Record<string, number> = JSON.parse(subwords.toJson()).model.vocab;
  const entries = Object.entries(vocab).filter(([entry, token]) => token >= 259 && [...entry].length > 1);
  return entries.sort(([, a], [, b]) => a - b).map(([entry]) => entry);
}

Deno.test("learnSubwords: the merges of Sennrich, Haddow and Birch's example, by hand", () => {
  const lines = Object.entries({ low: 5, lower: 2, newest: 6, widest: 3 }).flatMap(([word, n]) => Array(n).fill(word));
  // e s and s t stand 9 times, then es t; l o, o w and ▁ l 7 times, then lo w before ▁ lo as l comes before ▁, then ▁ low;
  // e w, n e and ▁ n 6 times, then ▁ n as it is shorter than n ew and ew est, then ▁n ew as it is shorter than ew est
  const { size } = learnSubwords(lines, { vocabulary: 600 });
  const first = pieces(learnSubwords(lines, { vocabulary: 259 + 11 + 8 }));
  assertEquals(first, ["es", "est", "lo", "low", "▁low", "ew", "▁n", "▁new"]);
  assert(size < 600, "there is nothing more to merge");
});

Deno.test("learnSubwords: pairs that overlap count once, and characters that stand once have no entry", () => {
  const once = learnSubwords(["aaa aaa", "bb bb bb", "xy"], { vocabulary: 263 });
  assertEquals(once.size, 263);
  assertEquals(pieces(once), ["bb"]); // 3 times; aa would come first if it counted 4 times
  assertEquals(once.encode("x").length, 2); // a space and a byte
});

Deno.test("learnSubwords: the first merges of SentencePiece's BPE", () => {
  const { pieces: expected } = recorded.sentencepiece;
  assertEquals(expected.length, 250);
  assertEquals(pieces(subwords).slice(0, 250), expected);
});

Deno.test("encode: as tokenizers does with our file, bytes and several spaces included", () => {
  assertEquals(recorded.tokenizers.encoded.length, 8);
  for (const [line, tokens] of recorded.tokenizers.encoded) assertEquals(subwords.encode(line), tokens, line);
});

Deno.test("decode: every line comes back, of whatever characters, before and after the file", () => {
  const again = parseSubwords(subwords.toJson()),
    returned = (line: string) => {
      const tokens = subwords.encode(line);
      assert(tokens.every((token) => token > 2 && token < subwords.size));
      assertEquals(subwords.decode(tokens), line);
      assertEquals(again.encode(line), tokens);
    };
  for (const line of [...text, "", " ", "  a  ", "▁", " ▁ ▁▁a", "\t\r\n", "\ufeffa\ufeff", "<pad></s><0x0A>"]) {
    returned(line);
  }
  const units = ["binary", "grapheme-composite"] as const;
  const typed = fc.array(fc.constantFrom(" ", "▁", "a", "es", "ß", "1", "\u0301", "🐕", ".", "日")).map((all) =>
    all.join("")
  );
  fc.assert(fc.property(fc.oneof(typed, ...units.map((unit) => fc.string({ unit }))), returned), { numRuns: 300 });
  assertEquals(again.toJson(), subwords.toJson());
  assertEquals(again.size, 600);
});

Deno.test("decode: special tokens are passed over; what is no Unicode becomes U+FFFD; what is no token is refused", () => {
  const { padding, start, end, size } = subwords, line = subwords.encode("war einmal");
  assertEquals(subwords.decode(Int32Array.of(start, ...line, end, padding, padding)), "war einmal");
  assertEquals(subwords.decode(subwords.encode("a\ud800b")), "a\ufffdb");
  assertEquals(subwords.decode([3 + 0xc3, ...subwords.encode("a")]), "\ufffd a");
  for (const token of [size, -1, 3.5, NaN]) {
    const message = `tokens[1] is ${token}; give whole numbers below 600`;
    assertThrows(() => subwords.decode([5, token]), UserError, message);
  }
});

Deno.test("learnSubwords: refuses a vocabulary that is too small for the characters", () => {
  for (const vocabulary of [261, 262.5, NaN, -1]) {
    const message =
      `vocabulary is ${vocabulary}; give a whole number from 262: there are 3 special tokens, 256 bytes and 3 `;
    assertThrows(() => learnSubwords(["abab"], { vocabulary }), UserError, message);
  }
  assertEquals(pieces(learnSubwords(["abab"], { vocabulary: 262 })), []);
});

Deno.test("parseSubwords: a damaged file, and one of another tokenizer", () => {
  const json = subwords.toJson(), file = () => JSON.parse(json);
  const changed = (change: (file: ReturnType<typeof JSON.parse>) => void) => {
    const copy = file();
    change(copy);
    return JSON.stringify(copy);
  };
  const wrong: [string, string][] = [
    [json.slice(0, 500), "is no JSON, or is cut off"],
    ["[]", "has no model"],
    [changed((f) => f.model.type = "Unigram"), "is of another kind of tokenizer (its model)"],
    [changed((f) => f.normalizer = null), "is of another kind of tokenizer (its frame)"],
    [changed((f) => delete f.model.vocab), "lacks words or merges"],
    [changed((f) => delete f.model.vocab["es"]), "numbers its words in another way"],
    [changed((f) => f.model.vocab["es"] = 1e9), "numbers its words in another way"],
    [changed((f) => [f.model.vocab["<s>"], f.model.vocab["</s>"]] = [2, 1]), "numbers its words in another way"],
    [changed((f) => f.model.merges[7] = ["q", 3]), "is damaged: merge 7 is of words that it does not have"],
    [changed((f) => f.model.merges[0] = ["z", "q"]), "is damaged: merge 0 is of words"],
    [changed((f) => f.model.merges[3] = null), "is damaged: merge 3 is of words"],
  ];
  for (const [text, message] of wrong) {
    assertThrows(() => parseSubwords(text), UserError, `the tokenizer.json ${message}`);
  }
});
