/**
 * Verdicts, by rules that are printed before there are numbers.
 *
 * A claim of this kind says of a quantity that it is below a bound: "below half the iterations". The quantity is a ratio of two
 * positive figures (losses, iterations), one a seed, both with the same seed: so what a seed does to both cancels, and the mean is
 * the geometric one, as such figures span decades. With the mean of its logarithms and their standard error over the seeds the
 * claim is
 *
 * - supported where the mean is below the bound by more than two standard errors,
 * - not supported where it is above the bound by more than two,
 * - inconclusive in between, with fewer than {@linkcode FEWEST_SEEDS} seeds, or where a run gave no figure.
 *
 * A run that diverged has an infinite figure. Then there is no mean, and only ratios that are all on one side of the bound decide.
 * A baseline whose tuning ended at the border of its grid might be better than it looks, so that nothing is supported against it;
 * of APO's own tuning, that nothing is refuted.
 * @module
 */
import { short } from "../../display/numbers.ts";
import { type Mean, meanOf } from "../statistics.ts";

/** How a claim fares. */
export type Verdict = "supported" | "not supported" | "inconclusive";

/** Fewer tell too little of the scatter. */
export const FEWEST_SEEDS = 3;

const ERRORS = 2; // standard errors: about 95 % for many seeds

/** A figure a seed: positive, ∞ where the run diverged, NaN where there is none. */
export type Figures = readonly number[];

/** What is to be judged. */
export interface Question {
  /** The part of the claim, in a few words. */
  readonly claim: string;
  /** APO's figures, and what they are measured by: seeds in the same order. */
  readonly ours: Figures;
  /** As `ours`. Default: 1 for each. */
  readonly theirs?: Figures;
  /** The ratio of the two is to be below this. */
  readonly below: number;
  /** Baselines, and APO's optimizers, whose tuning ended at the border of the grid. Default: none. */
  readonly atBorder?: { readonly theirs?: readonly string[]; readonly ours?: readonly string[] };
}

/** A part of a claim, judged. */
export interface Judgement {
  /** As in {@linkcode Question}. */
  readonly claim: string;
  readonly verdict: Verdict;
  /** Why, with numbers: one sentence. */
  readonly why: string;
}

/** The logarithms of the ratios, a seed each. */
export function logRatios(ours: Figures, theirs: Figures = ours.map(() => 1)): number[] {
  return ours.map((x, seed) => Math.log(x / theirs[seed]));
}

/** Judges one part of a claim. */
export function judged({ claim, ours, theirs, below, atBorder = {} }: Question): Judgement {
  const logs = logRatios(ours, theirs), bound = Math.log(below), times = theirs ? "× " : "";
  const told = (verdict: Verdict, why: string): Judgement => ({ claim, verdict, why });
  if (logs.length < FEWEST_SEEDS) {
    return told("inconclusive", `${logs.length} seeds are too few: ${FEWEST_SEEDS} or more tell how much chance does`);
  }
  const missing = logs.filter((x) => Number.isNaN(x)).length;
  if (missing > 0) return told("inconclusive", `${missing} of ${logs.length} seeds have no figure`);
  const finite = logs.every(Number.isFinite), mean = meanOf(logs)!;
  const spread = finite ? ERRORS * mean.standardError! : 0;
  const [low, high] = finite ? [mean.mean - spread, mean.mean + spread] : [Math.min(...logs), Math.max(...logs)];
  const seen = `${times}${
    finite
      ? `${ratioText(mean)} over ${logs.length} seeds`
      : `${logs.map((x) => factor(Math.exp(x))).join(", ")} by seed`
  }, to be below ${times}${factor(below)}`;
  const bordered = (verdict: Verdict, names: readonly string[] = []): Judgement =>
    names.length === 0
      ? told(verdict, seen)
      : told("inconclusive", `${seen}, but the best of ${names.join(" and ")} is at the border of its grid`);
  if (high < bound) return bordered("supported", atBorder.theirs);
  if (low > bound) return bordered("not supported", atBorder.ours);
  return told("inconclusive", `${seen}: ${finite ? "the bound is within two standard errors" : "seeds disagree"}`);
}

/** A mean of logarithms as a factor, with the interval of two standard errors: `0.21 (0.18 … 0.25)`. */
export function ratioText({ mean, standardError }: Mean): string {
  const [low, middle, high] = [-1, 0, 1].map((side) => factor(Math.exp(mean + side * ERRORS * (standardError ?? 0))));
  return standardError === null || low === high ? middle : `${middle} (${low} … ${high})`;
}

const NEAR = 0.2;

/** Three digits; four near 1, as some bounds are of one per cent. */
const factor = (x: number): string => {
  if (x === Infinity) return "∞";
  return Math.abs(x - 1) < NEAR ? String(Number(x.toPrecision(4))) : short(x);
};

/** Of all parts: supported if each is, not supported if one is not. */
export function overall(parts: readonly Pick<Judgement, "verdict">[]): Verdict {
  if (parts.some(({ verdict }) => verdict === "not supported")) return "not supported";
  return parts.length > 0 && parts.every(({ verdict }) => verdict === "supported") ? "supported" : "inconclusive";
}
