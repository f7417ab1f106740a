/**
 * Steps that take as long.
 * @module
 */
import type { Contestant } from "./contest.ts";
import type { Laboratory } from "./laboratory.ts";

/** How often all are measured, each round against its own reference: a machine's speed drifts. Odd, for the median. */
export const ROUNDS = 3;

/**
 * How many steps each may do, the median of {@linkcode ROUNDS}: alone on the machine, one after the other. Undefined for who cannot
 * be measured.
 *
 * @param reference The place of the one whose steps say how long equal time is.
 */
export async function equalTime(
  laboratory: Laboratory,
  contestants: readonly Contestant[],
  reference: number,
  steps: number,
): Promise<(number | undefined)[]> {
  const measured: (number | undefined)[][] = contestants.map(() => []);
  for (let round = 1; round <= ROUNDS; round++) {
    const named = contestants.map((one) => ({ ...one, name: `${one.name} ${round}` }));
    const seconds = await laboratory.seconds({ ...named[reference], steps });
    for (const [i, contestant] of named.entries()) {
      if (typeof seconds !== "number") measured[i].push(undefined);
      else if (i === reference) measured[i].push(steps);
      else {
        const result = await laboratory.calibrate(contestant, seconds);
        measured[i].push(result.kind === "failed" ? undefined : result.steps);
      }
    }
  }
  const budgets = measured.map(median);
  for (const [i, { name }] of contestants.entries()) {
    const rounds = measured[i].map((x) => x ?? "none").join(", ");
    laboratory.tell(
      `${name}: ${budgets[i] ?? "no"} steps in the time of ${steps} of ${contestants[reference].name} (${rounds})`,
    );
  }
  return budgets;
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((x) => x !== undefined);
  return known.length < values.length ? undefined : known.toSorted((a, b) => a - b)[(known.length - 1) / 2];
}
