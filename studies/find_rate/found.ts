/**
 * What was found, in numbers.
 * @module
 */
import { rateText } from "./rate_text.ts";
import type { Settled } from "./settled.ts";

/** What one seed found. */
export interface SeedRate extends Settled {
  /** Of initial weights and order of the data. */
  readonly seed: number;
  /** Where the rate started. */
  readonly from: number;
  /** Every step: the rate that it used, and the loss on its batch before it. */
  readonly curve: readonly { readonly step: number; readonly rate: number; readonly loss: number }[];
}

/** A rate in numbers. */
export interface Found {
  /** The geometric mean of the seeds' rates. */
  readonly rate: number;
  /** The lowest and the highest rate of any seed, after the early steps. */
  readonly range: readonly [low: number, high: number];
  /** How far the seeds agree: the largest of their rates over the smallest, from 1. */
  readonly spread: number;
  /** Each seed's. */
  readonly bySeed: readonly SeedRate[];
}

/** Names and values, as one reads them. */
export function foundRows({ rate, range: [low, high], spread, bySeed }: Found): [name: string, value: string][] {
  const several = bySeed.length > 1;
  return [
    ["rate found", rateText(rate)],
    ["range", `${rateText(low)} … ${rateText(high)}, over steps and seeds`],
    ...bySeed.map(({ seed, from, rate }): [string, string] => [
      `seed ${seed}`,
      `${rateText(rate)}, from ${rateText(from)}`,
    ]),
    ...several ? [["seeds agree", `within a factor of ${spread.toFixed(2)}`] as [string, string]] : [],
  ];
}
