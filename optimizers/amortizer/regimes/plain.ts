/**
 * Regimes that observe nothing.
 * @module
 */
import { checkScheduled } from "../../check_scheduled.ts";
import { type Scheduled, valueAt } from "../../schedules.ts";
import { LAMBDA_FSD } from "../../tuned.ts";
import type { Regime } from "../regime.ts";

/** Options of {@linkcode plain}. */
export interface PlainOptions {
  /** λ_FSD. Default: 0.15/(1 − β₁), β₁ being the direction's momentum (ours). */
  readonly lambdaFsd?: Scheduled;
  /**
   * A factor of every step, such as a decay from 1 to 0 over the run (ours). The lookahead does not see it, and so a learned rate decays
   * as a tuned one would. Default: 1.
   */
  readonly schedule?: Scheduled;
}

/**
 * λ_FSD as it is given, and no adaptation to noise: the default of `amortize`.
 *
 * @throws `UserError` for a λ_FSD or a schedule that is negative or no number.
 */
export function plain({ lambdaFsd, schedule = 1 }: PlainOptions = {}): Regime<Record<never, never>> {
  if (lambdaFsd !== undefined) checkScheduled("plain: lambdaFsd", lambdaFsd);
  checkScheduled("plain: schedule", schedule);
  return {
    init: () => ({}),
    lambdaFsd: (_, step, momentum) => valueAt(lambdaFsd ?? LAMBDA_FSD.plain / (1 - momentum), step),
    ...schedule !== 1 && { factor: (_, step) => valueAt(schedule, step) },
  };
}

/**
 * The paper's: a λ_FSD that has to be given, and nothing else. With `meta: paperRule()` it is the paper's method.
 *
 * @throws `UserError` for a λ_FSD that is negative or no number.
 */
export function paper({ lambdaFsd }: { readonly lambdaFsd: Scheduled }): Regime<Record<never, never>> {
  checkScheduled("paper: lambdaFsd", lambdaFsd);
  return plain({ lambdaFsd });
}
