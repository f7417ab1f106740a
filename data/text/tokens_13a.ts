/**
 * How texts are split into words for their score.
 * @module
 */

/** What Python takes for white space; JavaScript's `\s` differs in a few. */
// deno-lint-ignore no-control-regex -- these count as well
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const ENTITIES = [["&quot;", '"'], ["&amp;", "&"], ["&lt;", "<"], ["&gt;", ">"]] as const;

/** The tokens that mteval-v13a.pl and sacrebleu's `13a` make of a segment: punctuation by itself, but for that within numbers. */
export function tokens13a(segment: string): string[] {
  let line = segment.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  for (const [entity, sign] of ENTITIES) line = line.replaceAll(entity, sign);
  return ` ${line} `
    .replace(/[!-&(-+/:-@[-`{-~]/gu, " $& ")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/gu, "$1 $2 ")
    .split(SPACES)
    .filter((token) => token !== "");
}
