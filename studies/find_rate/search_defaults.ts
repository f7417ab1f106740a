/**
 * What a search does unless told otherwise, and what it cannot be told.
 * @module
 */
import { META } from "../../optimizers/tuned.ts";
import { positive, positiveWhole, UserError } from "../../runtime/errors.ts";

/** One start far too small, for even seeds, and one far too large, for odd ones: that both lead to one rate can be seen. */
export const STARTS: readonly number[] = [1e-6, 10];

/** Each seed's steps, and how many seeds. */
export const STEPS = 200, SEEDS = 3;

/** Fewer steps leave too little after the early ones. */
export const FEWEST_STEPS: number = 2 * META.early;

const SMALLEST = 1e-20, LARGEST = 1e20; // the start-up search of float32 does not come back from further out

/** A search's numbers. */
export interface SearchNumbers {
  readonly steps: number;
  readonly seeds: number;
  readonly from: readonly number[];
}

const MOST_SEEDS = 1000;

/** @throws `UserError` for numbers that cannot be. */
export function checkSearch({ steps, seeds, from }: SearchNumbers): void {
  positiveWhole("steps", steps);
  positiveWhole("seeds", seeds);
  const bad = (argument: string, value: number, remedy: string) => new UserError({ argument, value, remedy });
  if (seeds > MOST_SEEDS) throw bad("seeds", seeds, `give at most ${MOST_SEEDS}`);
  if (steps < FEWEST_STEPS) throw bad("steps", steps, `give ${FEWEST_STEPS} or more`);
  if (from.length === 0) throw new UserError("from is empty; give a rate to start from, such as 1e-6");
  for (const rate of from) {
    positive("from", rate);
    if (rate < SMALLEST || rate > LARGEST) throw bad("from", rate, "give 1e-20 to 1e20");
  }
}
