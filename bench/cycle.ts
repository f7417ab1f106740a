/**
 * Steps of which some do more than the others: meta steps, roots, inverses.
 * @module
 */
import type { Settings } from "../optimizers/catalogue/entry.ts";
import type { Contestant } from "./timing.ts";
import type { Trainee } from "./trainee.ts";

/** What repeats: of every `period` steps those at the places `due` do more, and the others are alike. */
export interface Cycle {
  readonly period: number;
  readonly due: readonly number[];
}

/** How the steps of an optimizer of the catalogue repeat, after its first ones. */
export function cycleOf(name: string, { every = 10 }: Pick<Settings, "every">): Cycle {
  if (name.startsWith("apo-")) return { period: every, due: [0] };
  if (name === "kfac") return { period: 20, due: [0, 10] }; // statistics every 10 steps, inverses every 20
  if (name === "shampoo" || name === "soap") return { period: 10, due: [0] };
  return { period: 1, due: [] };
}

/**
 * A contestant whose block is a cycle: each step that is due, and as many of the others as fit into `milliseconds`, at least one;
 * where time is left, more cycles. The block's result is the mean over whole cycles, so a slow or rare step costs its time only
 * once.
 *
 * @param first The cycles begin with the first multiple of the period from this number of a step.
 */
export function cycling(
  trainee: Pick<Trainee, "run">,
  { period, due }: Cycle,
  { milliseconds, first }: { readonly milliseconds: number; readonly first: number },
): Contestant {
  let start = Math.ceil(first / period) * period;
  const places = Array.from({ length: period }, (_, place) => place).filter((place) => !due.includes(place));
  return {
    block: async () => {
      let cycles = 0, dueTime = 0, steps = 0, time = 0;
      do {
        for (const place of due) dueTime += await trainee.run(1, start + place);
        for (const place of places) {
          time += await trainee.run(1, start + place);
          steps++;
          if (dueTime + time >= milliseconds) break;
        }
        start += period;
        cycles++;
      } while (dueTime + time < milliseconds);
      const mean = steps === 0 ? 0 : time / steps;
      return (dueTime / cycles + places.length * mean) / period;
    },
  };
}
