/**
 * Entries of directions at a fixed rate.
 * @module
 */
import { fixedRate } from "../fixed_rate.ts";
import { baseDirection, bases } from "./bases.ts";
import { type CatalogueEntry, scheduledRate } from "./entry.ts";

/** A direction at a fixed rate or by a schedule. */
export function fixed(base: string): CatalogueEntry {
  const { title, learningRate } = bases[base];
  return {
    description: `${title}, at a fixed rate or by a schedule`,
    learningRate,
    learns: false,
    settings: ["learningRate", "schedule", "replay", "weightDecay", "clip"],
    complete: (settings) => ({ schedule: "constant", weightDecay: 0, ...settings }),
    build: (problem, settings) =>
      fixedRate({
        problem,
        direction: baseDirection(base, settings, problem.model.leaves),
        learningRate: scheduledRate(settings),
        weightDecay: settings.weightDecay,
      }),
  };
}
