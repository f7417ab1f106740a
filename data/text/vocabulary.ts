/**
 * How the entries of a vocabulary of subwords are numbered: the special tokens, the 256 bytes, and then what was learned.
 * @module
 */

/** The special tokens, besides that of padding. */
export const START = 1, END = 2;

/** What they are called in files. */
export const SPECIAL: readonly string[] = ["<pad>", "<s>", "</s>"];

/** The token of the byte 0, and the first token that was learned. */
export const BYTES = 3, FIRST = BYTES + 256;

/** The token of a byte. */
export const byteOf = (byte: number): number => BYTES + byte;

/** What a byte is called in files, as in SentencePiece's: `<0x0A>`. */
export const byteName = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/** What was learned of text. */
export interface Vocabulary {
  /** The texts of the tokens from {@linkcode FIRST} on, with "▁" for a space. */
  readonly entries: readonly string[];
  /** Pairs of tokens that become one, the first to be made first. Its text, the joined ones of both, is an entry. */
  readonly merges: readonly (readonly [left: number, right: number])[];
}
