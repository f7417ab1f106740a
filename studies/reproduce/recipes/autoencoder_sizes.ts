/**
 * The sizes of the recipe `autoencoder`.
 * @module
 */
import type { Choices } from "../../../runs/options.ts";
import type { Contestant } from "../contest.ts";
import type { SizeText } from "../recipe.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Each is judged for itself. */
  readonly activations: readonly string[];
  /** The last of them says how long equal time is: that of its steps. */
  readonly firstOrder: readonly Contestant[];
  readonly secondOrder: readonly Contestant[];
  readonly ours: Contestant;
  readonly steps: number;
  readonly trials: number;
}

/** The quick size. */
export const QUICK: Settings = {
  about: "784-200-100-30-…, batches of 256, 800 steps, 14 trials each",
  time: "half an hour on two cores",
  given: { hidden: [200, 100, 30], batchSize: 256 },
  activations: ["tanh", "relu"],
  firstOrder: [
    { name: "momentum", given: { optimizer: "momentum", schedule: "linear" } },
    { name: "adam", given: { optimizer: "adam", schedule: "linear" } },
  ],
  secondOrder: [{
    name: "kfac",
    given: { optimizer: "kfac", schedule: "linear", trustRegion: 0.1, damping: 0.3 },
  }],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac", schedule: "linear", trustRegion: 0.02, damping: 0.1 } },
  steps: 800,
  trials: 14,
};
/** The full size. */
export const FULL: Settings = {
  ...QUICK,
  about: "784-1000-500-250-30-…, tanh, batches of 512, 400 steps, a probe every 3, 12 trials each",
  time: "an hour on two cores with OpenBLAS (deno task blas reproduce)",
  given: { hidden: [1000, 500, 250, 30], batchSize: 512 },
  activations: ["tanh"],
  secondOrder: [{
    name: "kfac",
    given: { optimizer: "kfac", schedule: "linear", trustRegion: 0.02, damping: 0.2 },
  }],
  ours: {
    name: "apo-kfac", // 40 probes in 400 steps are too few for layers of a thousand units
    given: { optimizer: "apo-kfac", schedule: "linear", every: 3, trustRegion: 0.002, damping: 0.01 },
  },
  steps: 400,
  trials: 12,
};
