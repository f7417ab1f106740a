/**
 * Which way a step takes on the host: what a captured step must know, because a replay takes the same way again.
 * @module
 */
import type { StepClock } from "./optimizer.ts";

/** What decides on the host, by the step's number alone, what a step does: work that is due every so many steps. */
export interface Branching {
  /**
   * Names the branch that a step takes: two steps with the same name differ in nothing but the tensors that they are given. Declare it
   * where the step's number decides anything, and read the number with {@linkcode stepOf}. Without it there is one branch.
   */
  branch?(step: number): string;
}

/** What a clock tells of those who look at it. */
export interface Onlooker {
  /** The step's number was read, by somebody who does not declare branches. */
  step(): void;
  /** The seed was read: random numbers are about to be drawn on the host. */
  seed(): void;
}

const steps = new WeakMap<StepClock, number>();

/** A clock of the same time that tells who looks. */
export function watchedClock(at: StepClock, onlooker: Onlooker): StepClock {
  const clock: StepClock = {
    get step() {
      onlooker.step();
      return at.step;
    },
    get seed() {
      onlooker.seed();
      return at.seed;
    },
  };
  steps.set(clock, stepOf(at));
  return clock;
}

/** The step's number, for what declares its branches (see {@linkcode Branching}). */
export function stepOf(at: StepClock): number {
  return steps.get(at) ?? at.step;
}

/** The branch of several rules together; undefined where none declares any. */
export function branchOf(...rules: readonly Branching[]): ((step: number) => string) | undefined {
  const branching = rules.filter(({ branch }) => branch);
  if (branching.length === 0) return undefined;
  return (step) => branching.map((rule) => rule.branch!(step)).join(", ");
}
