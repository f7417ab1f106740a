/**
 * APO's learned rate from several initial rates, with nothing tuned.
 * @module
 */
import { geometricMean } from "../statistics.ts";
import { allEnded } from "../turns.ts";
import { type Contestant, type Contested, contested, trainLoss, tunedAll, tunedOnHeldOut } from "./contest.ts";
import { rateLine } from "./curve.ts";
import type { Diagram } from "./diagram.ts";
import { figures, type Laboratory, type Plan, type Run, type TuningPlan } from "./laboratory.ts";
import type { Figures } from "./verdict.ts";

/** Runs with every seed from one initial rate. */
export interface Start {
  /** The initial rate, as a power of ten. */
  readonly decade: number;
  readonly runs: readonly Run[];
  readonly figures: Figures;
}

/** What decides, in tuning too. */
export interface Deciding {
  /** A figure that is to be small. */
  measure(run: Run): number;
  /** Whether tuning measures it on training data that are held out. */
  readonly heldOut: boolean;
}

/** Trains from each initial rate; all at the same time. */
async function fromEach(
  laboratory: Laboratory,
  { name, given, steps }: Plan,
  decades: readonly number[],
  { measure }: Deciding,
): Promise<Start[]> {
  return await allEnded(decades.map(async (decade): Promise<Start> => {
    const own = { ...given, learningRate: Number(`1e${decade}`) };
    const runs = await laboratory.train({ name: `${name} from 1e${decade}`, given: own, steps });
    return { decade, runs, figures: await figures(runs, measure) };
  }));
}

/** What the other side has: rates that are tuned. */
export interface TunedRates<C extends Contestant> extends Pick<TuningPlan, "trials" | "grid"> {
  readonly contestants: readonly C[];
}

/**
 * APO from each initial rate, and others with tuned ones, for as many steps; all at the same time.
 *
 * @param deciding What decides. Default: the training loss.
 */
export async function againstTuned<C extends Contestant>(
  laboratory: Laboratory,
  plan: Plan,
  decades: readonly number[],
  { contestants, ...tuning }: TunedRates<C>,
  deciding: Deciding = { measure: trainLoss, heldOut: false },
): Promise<{ readonly starts: Start[]; readonly tuned: (C & Contested)[] }> {
  const { steps } = plan, { measure, heldOut } = deciding;
  const [starts, entrants] = await allEnded([
    fromEach(laboratory, plan, decades, deciding),
    (heldOut ? tunedOnHeldOut : tunedAll)(laboratory, contestants, { steps, measure, ...tuning }),
  ]);
  const tuned = await allEnded(entrants.map((entrant) => contested(laboratory, entrant, steps, measure)));
  return { starts, tuned };
}

/** The geometric mean of several figures, a seed each. */
export function acrossSeeds(all: readonly Figures[], seeds: number): Figures {
  return Array.from({ length: seeds }, (_, seed) => geometricMean(all.map((figures) => figures[seed])));
}

/** The rate from each initial one against steps. */
export async function rateDiagram(title: string, starts: readonly Start[]): Promise<Diagram> {
  return {
    title,
    x: { title: "steps" },
    y: { title: "rate" },
    lines: await Promise.all(starts.map(({ decade, runs }) => rateLine(`from 1e${decade}`, runs))),
  };
}
