/**
 * A bound on how far noise holds training above where it could be.
 * @module
 */
import type { Expression } from "../../../runtime/elementwise/expression.ts";
import { UserError } from "../../../runtime/errors.ts";

const LARGEST = 1e6; // beyond it there is no bound to speak of, and float32 may not hold its product with a loss

/** @throws `UserError` unless c is a positive number up to 1e6, or ∞ for no bound. */
export function checkHovering(argument: string, c: number): void {
  if (c > 0 && (c <= LARGEST || c === Infinity)) return;
  throw new UserError(
    `${argument} is ${c}; give a positive number up to ${LARGEST}, such as 4, or Infinity for no bound`,
  );
}

/**
 * The factor, up to 1, that keeps the height at which steps hover below c J₀/√T (ours).
 *
 * On a quadratic, stochastic gradient descent at a small rate η does not come to rest: with momentum β₁ it hovers
 * `$\tfrac{\eta}{4(1-\beta_1)} \operatorname{tr}\Sigma$` above the minimum, Σ being the covariance of gradients over batches (Mandt,
 * Hoffman & Blei 2017, arXiv 1704.04289, section 3). And η tr Σ is what a lookahead gains on its own batch B and not on B′, which meta
 * steps measure. It is in proportion to η, so that a factor of the step is one of the height. Over T steps the bounds of stochastic
 * optimization fall as 1/√T; the unit is J₀, the loss of the first batch, times ln 10/ln V for a choice among V > 10 classes.
 *
 * @param gap What the lookahead gains on B alone.
 * @param unit J₀.
 * @param mostOfUnit {@linkcode mostGap}.
 * @returns 1 before the first meta step, and for losses whose J₀ is not positive: these have no unit.
 */
export function hovering(gap: Expression, unit: Expression, mostOfUnit: Expression): Expression {
  const most = unit.mul(mostOfUnit), isBound = most.step();
  const isFree = isBound.mul(-1).add(1);
  const larger = gap.maximum(most).mul(isBound).add(isFree); // no 0 to divide by
  return most.div(larger).mul(isBound).add(isFree);
}

/** The gap that c allows over T steps, in units of J₀. */
export function mostGap(c: number, { steps, momentum }: { readonly steps: number; readonly momentum: number }): number {
  return 4 * (1 - momentum) * c / Math.sqrt(steps);
}
