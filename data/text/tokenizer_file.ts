/**
 * The file `tokenizer.json` of Hugging Face's libraries `tokenizers` (https://huggingface.co/docs/tokenizers), for subwords.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { isRecord } from "../../runtime/files/json_shapes.ts";
import { cuts, SPACE } from "./segments.ts";
import { byteName, FIRST, SPECIAL, type Vocabulary } from "./vocabulary.ts";

/** All of the file but the words and merges: how a line is cut, and how it is put together again. */
const FRAME = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: SPECIAL.map((content, id) => (
    { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  )),
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: SPACE },
      { type: "Replace", pattern: { String: " " }, content: SPACE },
    ],
  },
  pre_tokenizer: { type: "Split", pattern: { Regex: cuts(SPACE) }, behavior: "Isolated", invert: false },
  post_processor: null,
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: SPACE }, content: " " },
      { type: "ByteFallback" }, // after the spaces: a literal "▁", which is spelt as bytes, stays one
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
};

const MODEL = {
  type: "BPE",
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: true,
  ignore_merges: false,
};

const FIXED: readonly string[] = [...SPECIAL, ...Array.from({ length: 256 }, (_, byte) => byteName(byte))];

/** The file's text. */
export function tokenizerJson({ entries, merges }: Vocabulary): string {
  const vocab = Object.fromEntries([...FIXED, ...entries].map((entry, token) => [entry, token]));
  const text = (token: number) => entries[token - FIRST];
  const model = { ...MODEL, vocab, merges: merges.map(([left, right]) => [text(left), text(right)]) };
  return `${JSON.stringify({ ...FRAME, model }, undefined, 1)}\n`;
}

/** @throws `UserError`, in which the file has the name, unless `json` is what {@linkcode tokenizerJson} writes. */
export function parseTokenizer(json: string, name: string): Vocabulary {
  const wrong = (why: string) => new UserError(`${name} ${why}: take one that was written with these subwords`);
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch {
    throw wrong("is no JSON, or is cut off");
  }
  if (!isRecord(file) || !isRecord(file.model)) throw wrong("has no model");
  const { model, ...frame } = file, { vocab, merges, ...rest } = model;
  for (const [part, [given, expected]] of Object.entries({ frame: [frame, FRAME], model: [rest, MODEL] })) {
    if (JSON.stringify(given) !== JSON.stringify(expected)) {
      throw wrong(`is of another kind of tokenizer (its ${part})`);
    }
  }
  if (!isRecord(vocab) || !Array.isArray(merges)) throw wrong("lacks words or merges");
  const words = Object.entries(vocab).sort(([, a], [, b]) => Number(a) - Number(b)), tokens = new Map(words);
  if (words.some(([text, token], i) => token !== i || i < FIRST && text !== FIXED[i]) || words.length < FIRST) {
    throw wrong("numbers its words in another way");
  }
  return {
    entries: words.slice(FIRST).map(([text]) => text),
    merges: merges.map((pair, i) => {
      const [left, right] = [pair?.[0], pair?.[1]].map((text) => Number(tokens.get(text) ?? -1));
      if (left < FIRST || right < FIRST || !tokens.has(pair[0] + pair[1])) {
        throw wrong(`is damaged: merge ${i} is of words that it does not have`);
      }
      return [left, right];
    }),
  };
}
