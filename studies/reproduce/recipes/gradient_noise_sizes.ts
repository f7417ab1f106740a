/**
 * The sizes of the recipe `gradient-noise`.
 * @module
 */
import type { Choices } from "../../../runs/options.ts";
import type { SizeText } from "../recipe.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Each is judged for itself. */
  readonly situations: readonly Situation[];
  /** Directions: `apo-…` learns their rate. */
  readonly bases: readonly string[];
  /** APO's initial rates, as powers of ten. */
  readonly decades: readonly number[];
  /** Of each schedule. */
  readonly trials: number;
}

/** What makes noise matter, more or less. */
export interface Situation {
  readonly name: string;
  /** What is chosen for its runs. */
  readonly given: Choices;
  readonly steps: number;
}

const NOISY: Situation = { name: "20 % wrong labels", given: { labelNoise: 0.2 }, steps: 5000 };
/** The quick size. */
export const QUICK: Settings = {
  about: "784-128-10, batches of 32, 20 % wrong labels, 5000 steps, 2 bases, 8 trials for each schedule",
  time: "10 minutes on two cores",
  given: { hidden: [128], batchSize: 32 },
  situations: [NOISY],
  bases: ["momentum", "adam"],
  decades: [-6, -2, 1],
  trials: 8,
};
/** The full size. */
export const FULL: Settings = {
  ...QUICK,
  about:
    "784-128-10, batches of 32, 2 bases, 6 trials for each schedule; 20 % wrong labels and 5000 steps, 20,000 steps, " +
    "and clean labels",
  time: "an hour on two cores",
  situations: [
    NOISY,
    { ...NOISY, name: `${NOISY.name}, 4 times the steps`, steps: 4 * NOISY.steps },
    { ...NOISY, name: "clean labels", given: {} },
  ],
  trials: 6,
};
