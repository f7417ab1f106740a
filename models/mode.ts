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
