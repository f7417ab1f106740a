/**
 * What was found, in numbers.
 * @module
 */
import type { Found } from "./find_rate.ts";
import { rateText } from "./rate_text.ts";

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
