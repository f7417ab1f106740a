/**
 * What of a step's time a captured step must know: which way the host takes, because a replay takes the same way again, and what
 * random numbers depend on, because a replay has others.
 * @module
 */
import { type Chance, chanceOf } from "../runtime/chance.ts";
import type { Tensor } from "../runtime/tensor.ts";
import type { StepClock } from "./step_clock.ts";

/** From a step's number to the name of a branch, without ", " in it. */
export type Branch = (step: number) => string;

/** What decides on the host, by the step's number alone, what a step does: work that is due every so many steps. */
export interface Branching {
  /**
   * Names the branch that a step takes: two steps with the same name differ in nothing but the tensors that they are given. Declare it
   * where the step's number decides anything, and read the number with {@linkcode stepOf}; what is made of other rules gives
   * theirs, too, separated by ", ". Without it there is one branch.
   */
  branch?(step: number): string;
}

/** What a clock tells of those who look at it. */
export interface Onlooker {
  /** The step's number was read, by somebody who does not say what for. */
  step(): void;
  /** The step's number was read, by somebody who takes these branches. */
  branch(branch: Branch): void;
  /** The step's number on the device. */
  readonly stepTensor: Tensor;
}

const watched = new WeakMap<StepClock, { readonly step: number; readonly onlooker: Onlooker }>();

/** A clock of the same time that tells who looks. */
export function watchedClock(at: StepClock, onlooker: Onlooker): StepClock {
  const { step, seed } = at;
  const clock: StepClock = {
    get step() {
      onlooker.step();
      return step;
    },
    seed,
  };
  watched.set(clock, { step, onlooker });
  return clock;
}

/**
 * The step's number, for a rule that declares its branches. Where nobody passes them on to the optimizer, its steps are not captured.
 *
 * @param branch The rule's own.
 */
export function stepOf(at: StepClock, branch: Branch): number {
  const seen = watched.get(at);
  if (!seen) return at.step;
  seen.onlooker.branch(branch);
  return seen.step;
}

/** What random numbers made on the device for a step are a function of: a captured step is replayed with the numbers of its time. */
export function chanceAt(at: StepClock): Chance {
  const seen = watched.get(at);
  return seen ? { seed: at.seed, step: seen.onlooker.stepTensor } : chanceOf(at.seed, at.step);
}

/** The branches of several rules together; undefined where none declares any. */
export function branchOf(...rules: readonly Branching[]): Branch | undefined {
  const branching = rules.filter(({ branch }) => branch);
  if (branching.length === 0) return undefined;
  return (step) => branching.map((rule) => rule.branch!(step)).join(", ");
}

/** Whether a name of {@linkcode branchOf} tells of all the branches taken. */
export function declares(name: string, taken: readonly string[]): boolean {
  const left = name.split(", ");
  return taken.every((one) => {
    const place = left.indexOf(one);
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}
