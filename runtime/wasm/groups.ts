/**
 * Sums that fall into groups, which threads compute at the same time: by the sizes alone, as their bits depend on it.
 * @module
 */
import type { WorkContext } from "./context.ts";
import { along, NUMBER } from "./threads/split.ts";

/** Groups at most, and numbers of all their sums together. */
const MOST_GROUPS = 8, MOST_SUMS = 2 ** 24;

/** How many groups there are at most, each with the sums of so many numbers; 0 where not even one has room. */
export function mostGroups(numbers: number): number {
  return Math.min(MOST_GROUPS, Math.floor(MOST_SUMS / numbers));
}

/** out ← the groups' sums, which lie one after another, added up in turn; out may be where the first one's are. */
export function addGroups(context: WorkContext, sums: number, groups: number, numbers: number, out: number): void {
  along(context, "sumRows", { count: numbers, unit: 16, work: NUMBER * groups * numbers }, ({ from, size }) => {
    return [sums + 4 * from, groups, size, out + 4 * from, numbers];
  });
}
