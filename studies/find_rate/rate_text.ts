/**
 * Rates for people and command lines.
 * @module
 */

/** Two digits, which is more than a rate is known to: `0.071`, `5.2e-4`. */
export function rateText(rate: number): string {
  const rounded = Number(rate.toPrecision(2));
  return rounded >= 1e-3 && rounded < 1e6 ? String(rounded) : rounded.toExponential().replace("e+", "e");
}
