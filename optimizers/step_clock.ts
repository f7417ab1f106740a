/**
 * The time of a step.
 * @module
 */

/** When a step happens. */
export interface StepClock {
  /** How many steps were done before this one. */
  readonly step: number;
  /** The run's seed; chance within a step (dropout) depends on it and on the step alone. */
  readonly seed: number;
}
