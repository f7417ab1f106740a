/**
 * Steps that take as long.
 * @module
 */
import type { Contestant } from "./contest.ts";
import type { Laboratory } from "./laboratory.ts";

/**
 * How many steps each may do: alone on the machine, one after the other. Undefined for who cannot be measured.
 *
 * @param reference The place of the one whose steps say how long equal time is.
 */
export async function equalTime(
  laboratory: Laboratory,
  contestants: readonly Contestant[],
  reference: number,
  steps: number,
): Promise<(number | undefined)[]> {
  const seconds = await laboratory.seconds({ ...contestants[reference], steps });
  const budgets: (number | undefined)[] = [];
  for (const [i, contestant] of contestants.entries()) {
    if (i === reference || typeof seconds !== "number") budgets.push(typeof seconds === "number" ? steps : undefined);
    else {
      const result = await laboratory.calibrate(contestant, seconds);
      budgets.push(result.kind === "failed" ? undefined : result.steps);
    }
    laboratory.tell(
      `${contestant.name}: ${budgets[i] ?? "no"} steps in the time of ${steps} of ${contestants[reference].name}`,
    );
  }
  return budgets;
}
