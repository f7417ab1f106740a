/**
 * Optimizers against each other: all tuned with as many trials, then trained with every seed.
 * @module
 */
import type { Choices } from "../../runs/options.ts";
import { argument, written } from "../../runtime/argument.ts";
import type { Cell } from "../../display/cells.ts";
import { allEnded } from "../turns.ts";
import type { Tuned } from "../tune.ts";
import { valuesText } from "../values_text.ts";
import { short } from "../../display/numbers.ts";
import { geometricMean, meanOf } from "../statistics.ts";
import { figures, type Laboratory, type Run, type TuningPlan } from "./laboratory.ts";
import { type Figures, judged, type Judgement, logRatios, ratioText } from "./verdict.ts";

/** Measures of runs that ended. */
export const trainLoss = ({ summary }: Run): number => summary!.trainLoss;
export const testLoss = ({ summary }: Run): number => summary!.testLoss;
/** The share of test examples whose class is not the one given. */
export const testError = ({ summary }: Run): number => 1 - summary!.testAccuracy;

/** Something to train. */
export interface Situation {
  /** For people; it may stand before the names of its runs. */
  readonly name: string;
  /** What is chosen for its runs. */
  readonly given: Choices;
  readonly steps: number;
}

/** Something to train, where a recipe has several tasks. */
export interface TaskSituation extends Situation {
  readonly task: string;
}

/** An optimizer that takes part. */
export interface Contestant {
  readonly name: string;
  /** What was chosen for it; of what is tuned, where the search starts. */
  readonly given: Choices;
  /** Of its runs. Default: those of the contest. */
  readonly steps?: number;
}

/** After its tuning. */
export interface Entrant extends Contestant {
  /** With the values that were found; undefined where a trial's process failed: then there are no runs. */
  readonly tuned?: Choices;
  /** The trials, in their order. */
  readonly trials: Tuned["trials"];
  /** What was found, in words. */
  readonly found: string;
  /** Whether the best value of anything is the outermost that was tried. */
  readonly atBorder: boolean;
}

/** Tunes each; all at the same time, as each waits for its own trials. */
export async function tunedAll<C extends Contestant>(
  laboratory: Laboratory,
  contestants: readonly C[],
  plan: Omit<TuningPlan, "name" | "given">,
): Promise<(C & Entrant)[]> {
  return await allEnded(contestants.map(async (contestant): Promise<C & Entrant> => {
    const { name, given, steps = plan.steps } = contestant;
    const result = await laboratory.tune({ ...plan, name, given, steps });
    const { found, ...entrant } = result.kind === "failed"
      ? { trials: [], found: `a trial failed: ${result.reason}`, atBorder: false }
      : chosen(given, result);
    laboratory.tell(`${name}${plan.seed === undefined ? "" : `, seed ${plan.seed}`}: ${found}`);
    return { ...contestant, ...entrant, found: written(found) };
  }));
}

/** What was found for one; in its words the settings are marked, as those who tell it spell them. */
function chosen(
  given: Choices,
  { best, inside, trials }: Tuned,
): Omit<Entrant, keyof Contestant> {
  const atBorder = Object.values(inside).some((x) => !x);
  const measure = best?.loss == null
    ? "all of them failed"
    : `the best of ${trials.length} trials gave ${short(best.loss)}`;
  const words = best
    ? `${valuesText(best.values, argument)} (${measure}${atBorder ? ", at the border of its grid" : ""})`
    : "nothing to tune";
  return { tuned: { ...given, ...best?.values }, trials, found: words, atBorder };
}

const HOLDOUT = 0.1;

/**
 * As {@linkcode tunedAll}, for what is measured on a tenth of the training data that is held out, by default the loss; who enters then
 * has all of them.
 */
export async function tunedOnHeldOut<C extends Contestant>(
  laboratory: Laboratory,
  contestants: readonly C[],
  { measure = testLoss, ...plan }: Omit<TuningPlan, "name" | "given">,
): Promise<(C & Entrant)[]> {
  const held = contestants.map((one) => ({ ...one, given: { ...one.given, holdout: HOLDOUT } }));
  const entrants = await tunedAll(laboratory, held, { ...plan, measure });
  return entrants.map((entrant) => ({ ...entrant, tuned: entrant.tuned && { ...entrant.tuned, holdout: undefined } }));
}

/** The runs of an entrant with every seed, or one; none where its tuning failed. */
export async function runsOf(
  laboratory: Laboratory,
  { name, tuned }: Entrant,
  steps: number,
  { part = "", seed }: { readonly part?: string; readonly seed?: number } = {},
): Promise<Run[]> {
  const seeds = seed === undefined ? laboratory.seeds : [seed];
  if (!tuned) return seeds.map((seed) => ({ seed, folder: "", diverged: false }));
  return await laboratory.train({ name: `${name}${part}`, given: tuned, steps, seed });
}

/** The names of those whose tuning ended at the border. */
export function borders(entrants: readonly Entrant[]): string[] {
  return entrants.filter(({ atBorder }) => atBorder).map(({ name }) => name);
}

/** An entrant with its runs, and their figures that decide. */
export interface Contested extends Entrant {
  readonly runs: readonly Run[];
  readonly figures: Figures;
}

/** Runs an entrant as {@linkcode runsOf} does, and measures. */
export async function contested<E extends Entrant>(
  laboratory: Laboratory,
  entrant: E,
  steps: number,
  measure: (run: Run) => number,
  options?: Parameters<typeof runsOf>[3],
): Promise<E & Contested> {
  const runs = await runsOf(laboratory, entrant, steps, options);
  return { ...entrant, runs, figures: await figures(runs, measure) };
}

/** Whether ours is below so much of the best of others; its name ends the claim. */
export function againstBest(
  claim: string,
  ours: Contested,
  others: readonly Contested[],
  below: number,
): Judgement {
  const best = bestOf(others), atBorder = { theirs: borders(others), ours: borders([ours]) };
  return judged({ claim: `${claim} ${best.name}`, ours: ours.figures, theirs: best.figures, below, atBorder });
}

/** The geometric mean of figures with its interval, as a cell. */
export function figureCell(figures: Figures): Cell {
  const failed = figures.filter((x) => !Number.isFinite(x)).length, logs = logRatios(figures.filter(Number.isFinite));
  const mean = meanOf(logs), text = mean ? ratioText(mean) : "–";
  return { text: failed === 0 ? text : `${text}, ${failed} of ${figures.length} failed` };
}

/** The one with the smallest geometric mean. */
export function bestOf<T extends { readonly figures: Figures }>(entries: readonly T[]): T {
  return entries.toSorted((a, b) => order(a.figures) - order(b.figures))[0];
}

/** The one with the largest, or that has none. */
export function worstOf<T extends { readonly figures: Figures }>(entries: readonly T[]): T {
  return entries.toSorted((a, b) => order(b.figures) - order(a.figures))[0];
}

const DIVERGED = 1e300, LAST = 1e301; // finite, as ∞ − ∞ puts nothing in order

const order = (figures: Figures): number => {
  const mean = geometricMean(figures);
  return Number.isNaN(mean) ? LAST : Math.min(mean, DIVERGED);
};
