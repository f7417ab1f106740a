/**
 * The schedule of learned rates.
 * @module
 */
import { EARLY } from "../amortizer/defaults.ts";

/**
 * Its name: a warm-up (Muon has none), and the decay of `warmup-linear` and λ_FSD as far as gradients are noise. Of learned rules
 * only.
 */
export const BY_NOISE = "by-noise";

/**
 * How long learned rates are warmed up: as long as others, but at least while there is a meta step at each step, or for half of a
 * shorter run. The search finds the first rate along a single gradient, and those meta steps correct it before it is used in full.
 */
export function learnedWarmUpSteps(steps: number): number {
  return Math.max(warmUpSteps(steps), Math.min(EARLY, Math.ceil(steps / 2)));
}

/** How long warm-ups are: a tenth of the run. */
export function warmUpSteps(steps: number): number {
  return Math.ceil(0.1 * steps);
}
