/**
 * Tuning one optimizer.
 * @module
 */
import type { CatalogueEntry, Settings, TunedSetting } from "../optimizers/catalogue/entry.ts";
import { settingOptions } from "../optimizers/catalogue/options.ts";
import type { RunSummary } from "../runs/summary.ts";
import type { Failed, Job } from "./job.ts";
import { allEnded } from "./turns.ts";
import { geometricMean } from "./statistics.ts";
import { best, isInside, nextPoint, type Trial } from "./search.ts";
import type { Trainer } from "./trainer.ts";

/** A setting to search for. */
export interface Knob {
  /** Its name. */
  readonly setting: TunedSetting;
  /** Where the search starts. */
  readonly start: number;
  /** Whether smaller (−1) or larger (1) values take smaller steps: where to look when training diverges. */
  readonly careful: -1 | 1;
}

/**
 * The settings that an optimizer says are to be tuned; only those that are positive, as the grid is logarithmic.
 *
 * @param settings Complete: where the search starts.
 */
export function knobsOf({ tuned = ["learningRate"] }: CatalogueEntry, settings: Partial<Settings>): Knob[] {
  return tuned.flatMap((setting) => {
    const start = settings[setting], { careful } = settingOptions[setting];
    return start !== undefined && start > 0 ? [{ setting, start, careful }] : [];
  });
}

/** Values of an optimizer's knobs. */
export type Values = Partial<Pick<Settings, TunedSetting>>;

/** What tuning found. */
export interface Tuned {
  readonly kind: "tuned";
  /** What was searched for, in this order; empty where the optimizer has nothing to tune. */
  readonly knobs: readonly TunedSetting[];
  /** In their order. */
  readonly trials: readonly TunedTrial[];
  /** The trial whose values the runs have; absent where nothing was tuned. */
  readonly best?: TunedTrial;
  /** Whether the best value lies inside the grid, by knob; false where the trials did not suffice to widen it. */
  readonly inside: Readonly<Record<string, boolean>>;
}

/** A trial. */
export interface TunedTrial {
  readonly values: Values;
  /** What was to be small; null where training failed. */
  readonly loss: number | null;
  /** Why it failed. */
  readonly failed?: string;
}

/** A search to be done. */
export interface Search {
  /** What may be turned. */
  readonly knobs: readonly Knob[];
  /** How many. */
  readonly trials: number;
  /** The first of them, in decades from the start, a number a knob. Default: none. */
  readonly grid?: readonly (readonly number[])[];
  /** Decades between the trials that follow, before they are refined. Default: as {@linkcode nextPoint} does. */
  readonly distance?: number;
  /** The runs with these values: one, or one for each of several seeds. `number` counts from 1. */
  jobs(number: number, values: Values): readonly Job[];
  /** What is to be small: of several runs its geometric mean. */
  measure(summary: RunSummary, job: Job): number | Promise<number>;
}

const LARGEST = 1e30; // of what float32 can multiply with

/** Three digits: finer than any two trials differ. */
const valueAt = ({ start }: Knob, decades: number): number =>
  Number(Math.min(LARGEST, start * 10 ** decades).toPrecision(3));

/** The geometric mean; of a single value the value itself, which may be anything. */
function together(values: readonly number[]): number {
  const mean = values.length === 1 ? values[0] : geometricMean(values);
  return Number.isNaN(mean) ? Infinity : mean;
}

/**
 * Searches; `ended` is told of each run. A trial of which a run diverged tells of its values; one that failed otherwise tells
 * nothing, and ends the search.
 */
export async function tuned(
  search: Search,
  { train }: Trainer,
  ended: (failed: boolean) => void,
): Promise<Tuned | Failed> {
  const { knobs, grid = [], distance } = search, careful = knobs.map(({ careful }) => careful);
  const trials: (Trial & TunedTrial)[] = [];
  while (knobs.length > 0 && trials.length < search.trials) {
    const at = grid[trials.length] ?? nextPoint(trials, careful, distance), number = trials.length + 1;
    const values: Values = Object.fromEntries(knobs.map((knob, i) => [knob.setting, valueAt(knob, at[i])]));
    const jobs = search.jobs(number, values);
    const outcomes = await allEnded(jobs.map(async (job) => {
      const outcome = await train(job);
      ended(outcome.kind === "failed");
      return outcome.kind === "failed" ? outcome : await search.measure(outcome.summary, job);
    }));
    const failures = outcomes.filter((outcome) => typeof outcome !== "number");
    const broken = failures.find(({ diverged }) => !diverged);
    if (broken) return { ...broken, reason: `trial ${number} of the tuning: ${broken.reason}` };
    if (failures.length > 0) trials.push({ at, values, loss: Infinity, failed: failures[0].reason });
    else trials.push({ at, values, loss: together(outcomes as number[]) });
  }
  const told = ({ values, loss, failed }: Trial & TunedTrial): TunedTrial => ({
    values,
    loss: loss === Infinity ? null : loss,
    ...failed !== undefined && { failed },
  });
  const winner = best(trials, careful) as Trial & TunedTrial | undefined;
  return {
    kind: "tuned",
    knobs: knobs.map(({ setting }) => setting),
    trials: trials.map(told),
    ...winner && { best: told(winner) },
    inside: Object.fromEntries(knobs.map(({ setting }, i) => [setting, isInside(trials, careful, i)])),
  };
}
