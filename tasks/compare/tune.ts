/**
 * Tuning one optimizer on validation data.
 * @module
 */
import { join } from "node:path";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import type { Settings } from "../../optimizers/catalogue/entry.ts";
import type { Given as TrainGiven } from "../cli/train_flags.ts";
import { files } from "../run/folder.ts";
import { type Comparison, type Contestant, runFlags } from "./comparison.ts";
import { type Knob, knobsOf } from "./knobs.ts";
import type { Failed } from "./job.ts";
import { best, isInside, nextPoint, type Trial } from "./search.ts";
import type { Trainer } from "./trainer.ts";

/** Values of an optimizer's knobs. */
export type Values = Partial<Pick<Settings, Knob["setting"]>>;

/** What tuning found. */
export interface Tuned {
  readonly kind: "tuned";
  /** What was searched for, in this order; empty where the optimizer has nothing to tune. */
  readonly knobs: readonly Knob["setting"][];
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
  /** On the validation data, or the training data where there are none; null where training failed. */
  readonly loss: number | null;
  /** Why it failed. */
  readonly failed?: string;
}

/** The flags of `train` that set these values. */
export function tunedFlags(contestant: Contestant, { best }: Tuned): TrainGiven {
  const knobs = knobsOf(catalogued(contestant.optimizer), contestant.settings);
  return best === undefined ? {} : Object.fromEntries(knobs.map(({ flag, setting }) => [flag, best.values[setting]]));
}

const LARGEST = 1e30; // of what float32 can multiply with

/** Three digits: finer than any two trials differ. */
const valueAt = ({ start }: Knob, decades: number): number =>
  Number(Math.min(LARGEST, start * 10 ** decades).toPrecision(3));

/**
 * Searches, a run a trial; `ended` is told of each. A trial that diverged tells of its values; one that failed otherwise tells
 * nothing, and ends the search.
 */
export async function tuned(
  comparison: Comparison,
  contestant: Contestant,
  steps: number,
  folder: string,
  { train }: Trainer,
  ended: (failed: boolean) => void,
): Promise<Tuned | Failed> {
  const { trials: count, holdout, seed } = comparison.tuning!;
  const knobs = knobsOf(catalogued(contestant.optimizer), contestant.settings),
    careful = knobs.map(({ careful }) => careful);
  const trials: (Trial & TunedTrial)[] = [];
  while (knobs.length > 0 && trials.length < count) {
    const at = nextPoint(trials, careful), number = trials.length + 1;
    const pairs = knobs.map((knob, i) => [knob, valueAt(knob, at[i])] as const);
    const given = runFlags(comparison, contestant, {
      ...Object.fromEntries(pairs.map(([{ flag }, value]) => [flag, value])),
      ...holdout !== null && { holdout },
      seed,
      steps,
    });
    const run = join(folder, "tuning", `${contestant.name}-${number}`);
    const outcome = await train({ label: `${contestant.name} (trial ${number})`, folder: run, given, steps });
    await Deno.remove(join(run, files.checkpoint)).catch(() => {}); // the largest file of a run, which nobody will go on with
    const values = Object.fromEntries(pairs.map(([{ setting }, value]) => [setting, value]));
    ended(outcome.kind === "failed");
    if (outcome.kind === "finished") {
      const { trainLoss, testLoss } = outcome.summary;
      trials.push({ at, values, loss: holdout === null ? trainLoss : testLoss });
    } else if (outcome.diverged) trials.push({ at, values, loss: Infinity, failed: outcome.reason });
    else return { ...outcome, reason: `trial ${number} of the tuning: ${outcome.reason}` };
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
