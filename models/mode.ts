/**
 * The modes in which networks are applied.
 * @module
 */
import { random } from "../runtime/random.ts";
import type { Mode } from "./model.ts";

/** Running statistics, no dropout. */
export const inference: Mode = { training: false, random: (name) => random(0, `inference/${name}`) };

/** Batch statistics and dropout; every pass of one `step` of one `seed` sees the same random numbers. */
export function trainingMode(seed: number, step: number): Mode {
  return { training: true, random: (name) => random(seed, `step ${step}/${name}`) };
}

/** The same of a clock, which is looked at only when random numbers are drawn: so that a step without chance does not depend on it. */
export function trainingModeAt(at: { readonly seed: number; readonly step: number }): Mode {
  return { training: true, random: (name) => trainingMode(at.seed, at.step).random(name) };
}
