/**
 * The schedule of learned rates.
 * @module
 */

/**
 * Its name: the warm-up of `warmup-linear` (Muon has none), and its decay and λ_FSD as far as gradients are noise. Of learned rules
 * only.
 */
export const BY_NOISE = "by-noise";

/** How long warm-ups are: a tenth of the run. */
export function warmUpSteps(steps: number): number {
  return Math.ceil(0.1 * steps);
}
