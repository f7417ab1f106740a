/**
 * From seconds to steps.
 * @module
 */
import type { Failed, Job } from "./job.ts";
import type { Trainer } from "./trainer.ts";

/** What was measured. */
export interface Calibration {
  readonly kind: "calibrated";
  /** Once the first steps are done. */
  readonly stepsPerSecond: number;
  /** Seconds that the first steps take besides: code is compiled, and APO searches and has a meta step in each. */
  readonly startUp: number;
  /** How long the longer of the two runs was that measured. */
  readonly measuredSteps: number;
  /** How many steps take the budget's seconds. */
  readonly steps: number;
}

const GLANCE = 30; // steps: more than the first ones that are unlike the others
const SHARE = 0.2; // of the budget, which the measurement takes

/**
 * Measures an optimizer's steps a second: a glance, then a run of a fifth of the budget, and three times as long as the glance at
 * least. What the second took longer is the time of the additional steps; the rest of its time is that of the start. A run
 * that was interrupted is done again, as its summary would know the time of its last part only.
 *
 * @param job The run of so many steps that is the `part` of the measurement.
 */
export async function calibrated(
  job: (part: "glance" | "measurement", steps: number) => Job,
  seconds: number,
  { train }: Trainer,
): Promise<Calibration | Failed> {
  const measured = async (part: "glance" | "measurement", steps: number): Promise<number | Failed> => {
    const outcome = await train({ ...job(part, steps), inOneGo: true });
    return outcome.kind === "failed"
      ? { ...outcome, reason: `calibration: ${outcome.reason}` }
      : steps / outcome.summary.stepsPerSecond;
  };
  const glance = await measured("glance", GLANCE);
  if (typeof glance !== "number") return glance;
  const measuredSteps = Math.max(3 * GLANCE, Math.round(SHARE * seconds * GLANCE / glance));
  const whole = await measured("measurement", measuredSteps);
  if (typeof whole !== "number") return whole;
  return { kind: "calibrated", measuredSteps, ...extrapolated(seconds, [GLANCE, glance], [measuredSteps, whole]) };
}

type Timed = readonly [steps: number, seconds: number];

/** How many steps a budget allows, by two runs from the start. */
export function extrapolated(
  budget: number,
  [few, short]: Timed,
  [many, long]: Timed,
): Pick<Calibration, "stepsPerSecond" | "startUp" | "steps"> {
  // Where the machine was busy during the glance, the later steps seem to take no time: then all are taken as alike.
  const step = Math.max((long - short) / (many - few), long / many / 2);
  const startUp = Math.max(0, long - many * step);
  return { stepsPerSecond: 1 / step, startUp, steps: Math.max(1, Math.round((budget - startUp) / step)) };
}
