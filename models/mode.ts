/**
 * The modes in which networks are applied.
 * @module
 */
import { type Chance, chanceOf, drawsOf } from "../runtime/chance.ts";
import type { Mode } from "./model.ts";

/** Running statistics, no dropout. */
export const inference: Mode = { training: false, random: (name) => drawsOf(chanceOf(0, 0), `inference/${name}`) };

/** Batch statistics and dropout; every pass with the same seed and step sees the same random numbers. */
export function trainingMode(chance: Chance): Mode {
  return { training: true, random: (name) => drawsOf(chance, `mode/${name}`) };
}

/** Batch statistics without dropout, of which running averages are made anew: plain means, over `batches` batches so far. */
export function recalibration(batches: number): Mode {
  return { ...inference, recalibration: batches };
}
