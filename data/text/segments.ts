/**
 * How a line is cut before subwords are made of it. No subword reaches over a cut.
 * @module
 */

/** Stands for a space within subwords, as in SentencePiece. */
export const SPACE = "▁";

/** The cuts as a regular expression over text in which `space` stands for spaces: every character is in exactly one segment. */
export const cuts = (space: string): string =>
  String.raw`${space}?[\p{L}\p{M}]+|\p{N}|${space}?[^${space}\p{L}\p{M}\p{N}]+|${space}`;

const SEGMENT = new RegExp(cuts(" "), "gu");

/**
 * The segments of a line with a space before it, in order: letters with the marks on them, single digits, and all between those,
 * such as punctuation. One space before letters or signs belongs to them, so that a word is the same at the beginning of a line and
 * within it; other spaces stand alone. Joined, they are the line with a space before it. An empty line has none.
 */
export function segments(line: string): readonly string[] {
  return line === "" ? [] : ` ${line}`.match(SEGMENT) ?? [];
}
