/**
 * BLEU, the usual score of translations.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { tokens13a } from "./tokens_13a.ts";

/** Longest n-grams that are compared. */
const ORDER = 4;

/** What {@linkcode bleu} finds. */
export interface Bleu {
  /** 0 … 100. */
  readonly score: number;
  /** Of n-grams, n = 1 … 4: those of the translations that are in a reference. */
  readonly matched: readonly number[];
  /** Of n-grams, n = 1 … 4: those of the translations. */
  readonly totals: readonly number[];
  /** Smoothed shares of the one in the other, in percent. */
  readonly precisions: readonly number[];
  /** What translations that are too short lose: 1 where they are long enough. */
  readonly brevityPenalty: number;
  /** Tokens of the translations. */
  readonly hypothesisLength: number;
  /** Tokens of the references that come nearest in length. */
  readonly referenceLength: number;
}

/**
 * BLEU of a corpus (Papineni et al. 2002), as sacrebleu 2 computes it by default: tokenizer 13a, case-sensitive, exponential smoothing.
 * `$\mathrm{BLEU} = BP \cdot \exp(\frac14 \sum_{n=1}^4 \ln p_n)$`, with counts summed over all segments, and
 * `$BP = \min(1, \exp(1 - \mathrm{reference}/\mathrm{length}))$`. The k-th order without a match has the precision 100/(2ᵏ · total).
 *
 * @param hypotheses A translation a segment.
 * @param references Of each segment one or more.
 * @param options `lowercase` ignores case. Default: false.
 * @throws `UserError` for unequal numbers of segments, and a segment without a reference.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { bleu } from "@amortized/apo/data";
 *
 * const { score } = bleu(["The cat sat on a mat."], [["The cat sat on the mat."]]);
 * assertAlmostEquals(score, 48.892, 1e-3);
 * ```
 */
export function bleu(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  { lowercase = false }: { readonly lowercase?: boolean } = {},
): Bleu {
  check(hypotheses, references);
  const matched = new Array<number>(ORDER).fill(0), totals = new Array<number>(ORDER).fill(0);
  const tokensOf = (segment: string) => tokens13a(lowercase ? segment.toLowerCase() : segment);
  let hypothesisLength = 0, referenceLength = 0;
  hypotheses.forEach((hypothesis, i) => {
    const ours = tokensOf(hypothesis), theirs = references[i].map(tokensOf);
    hypothesisLength += ours.length;
    referenceLength += closest(ours.length, theirs.map(({ length }) => length));
    for (let n = 1; n <= ORDER; n++) {
      const inReferences = theirs.map((tokens) => counts(tokens, n));
      for (const [gram, count] of counts(ours, n)) {
        matched[n - 1] += Math.min(count, Math.max(...inReferences.map((of) => of.get(gram) ?? 0)));
        totals[n - 1] += count;
      }
    }
  });
  const precisions = smoothed(matched, totals), brevityPenalty = brevity(hypothesisLength, referenceLength);
  const score = precisions.some((p) => p === 0)
    ? 0
    : brevityPenalty * Math.exp(precisions.reduce((sum, p) => sum + Math.log(p), 0) / ORDER);
  return { score, matched, totals, precisions, brevityPenalty, hypothesisLength, referenceLength };
}

function check(hypotheses: readonly string[], references: readonly (readonly string[])[]): void {
  if (hypotheses.length !== references.length) {
    throw new UserError(
      `bleu: ${hypotheses.length} translations and references of ${references.length} segments; give as many of each`,
    );
  }
  const without = references.findIndex(({ length }) => length === 0);
  if (without >= 0) throw new UserError(`bleu: references[${without}] is empty; give one reference or more`);
}

/** How often each n-gram is there. */
function counts(tokens: readonly string[], n: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const gram = tokens.slice(i, i + n).join(" ");
    found.set(gram, (found.get(gram) ?? 0) + 1);
  }
  return found;
}

/** Of several lengths the nearest, and the shorter of two that are as near. */
const closest = (length: number, lengths: readonly number[]): number =>
  lengths.reduce((best, one) => {
    const nearer = Math.abs(one - length) - Math.abs(best - length);
    return nearer < 0 || nearer === 0 && one < best ? one : best;
  });

function smoothed(matched: readonly number[], totals: readonly number[]): number[] {
  if (matched.every((count) => count === 0)) return matched.map(() => 0);
  let doubled = 1;
  return matched.map((count, i) => {
    if (totals[i] === 0) return 0;
    return count === 0 ? 100 / ((doubled *= 2) * totals[i]) : 100 * count / totals[i];
  });
}

function brevity(length: number, reference: number): number {
  if (length >= reference) return 1;
  return length === 0 ? 0 : Math.exp(1 - reference / length);
}
