/**
 * The sizes of the recipe `learning-rates`.
 * @module
 */
import type { Choices } from "../../../runs/options.ts";
import type { SizeText } from "../recipe.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Directions: `apo-…` learns their rate. */
  readonly bases: readonly string[];
  /** Initial rates, as powers of ten. */
  readonly decades: readonly number[];
  /** Schedules by name; the first is the fixed rate, the others are decays. */
  readonly schedules: readonly string[];
  readonly steps: number;
  /** Of each schedule: the initial rates, and then refined. */
  readonly trials: number;
}

/** The full size. */
export const FULL: Settings = {
  about: "784-256-256-10, batches of 128, 1500 steps, 16 trials for each schedule",
  time: "an hour on two cores",
  given: { hidden: [256, 256], batchSize: 128 },
  bases: ["sgd", "momentum", "rmsprop", "adam"],
  decades: [-6, -5, -4, -3, -2, -1, 0, 1],
  schedules: ["constant", "step", "cosine"],
  steps: 1500,
  trials: 16,
};
/** The quick size. */
export const QUICK: Settings = {
  ...FULL,
  about: "784-64-10, batches of 128, 300 steps, 12 trials for each schedule",
  time: "8 minutes on two cores",
  given: { hidden: [64], batchSize: 128 },
  steps: 300,
  trials: 12,
};
