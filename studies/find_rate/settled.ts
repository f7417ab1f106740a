/**
 * What a learned rate settles on.
 * @module
 */
import { META } from "../../optimizers/tuned.ts";
import { UserError } from "../../runtime/errors.ts";

/** The rate that a step of training used. */
export interface RateAt {
  /** Steps done, from 1. */
  readonly step: number;
  /** η. */
  readonly rate: number;
}

/** A rate, and between which values it moved. */
export interface Settled {
  /** The geometric median of the window. */
  readonly rate: number;
  /** The lowest and the highest of the window. */
  readonly range: readonly [low: number, high: number];
}

/**
 * The geometric median of the rates after step 20: `$\exp\,\mathrm{median}_{t > 20} \log \eta_t$`. Until then the
 * rate moves at each step, from what one step ahead of the initial weights looks good to what training can bear. After that it
 * drifts slowly, and a median does not mind if it grows at the end, when the loss is close to 0.
 *
 * @throws `UserError` where no rate is left.
 */
export function settledRate(rates: readonly RateAt[]): Settled {
  const late = rates.filter(({ step }) => step > META.early).map(({ rate }) => rate).sort((a, b) => a - b);
  if (late.length === 0) throw new UserError(`there is no rate after step ${META.early}; give more steps`);
  return { rate: geometricMedian(late), range: [late[0], late[late.length - 1]] };
}

/** The value in the middle; of an even number the geometric mean of the two there. */
export function geometricMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), last = sorted.length - 1;
  return Math.sqrt(sorted[Math.floor(last / 2)] * sorted[Math.ceil(last / 2)]);
}
