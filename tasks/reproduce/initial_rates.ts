/**
 * APO's learned rate from several initial rates, with nothing tuned.
 * @module
 */
import { geometricMean } from "../trials/statistics.ts";
import { allEnded } from "../trials/turns.ts";
import { figures, type Laboratory, type Plan, type Run } from "./laboratory.ts";
import type { Figures } from "./verdict.ts";

/** Runs with every seed from one initial rate. */
export interface Start {
  /** The initial rate, as a power of ten. */
  readonly decade: number;
  readonly runs: readonly Run[];
  readonly figures: Figures;
}

/** Trains from each initial rate; all at the same time. */
export async function fromEach(
  laboratory: Laboratory,
  { name, given, steps }: Plan,
  decades: readonly number[],
  measure: (run: Run) => number,
): Promise<Start[]> {
  return await allEnded(decades.map(async (decade): Promise<Start> => {
    const own = { ...given, lr: Number(`1e${decade}`) };
    const runs = await laboratory.train({ name: `${name} from 1e${decade}`, given: own, steps });
    return { decade, runs, figures: await figures(runs, measure) };
  }));
}

/** The geometric mean of several figures, a seed each. */
export function acrossSeeds(all: readonly Figures[], seeds: number): Figures {
  return Array.from({ length: seeds }, (_, seed) => geometricMean(all.map((figures) => figures[seed])));
}
