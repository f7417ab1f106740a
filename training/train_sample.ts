/**
 * Which training examples are scored at the end.
 * @module
 */
import { extentOf } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { random } from "../runtime/random.ts";

const TRAIN_SAMPLE = { examples: 10_000, tokens: 20_000 }; // enough for three digits

/** At random by the seed; undefined where all are. */
export function trainSample(data: Dataset, seed: number): Uint32Array | undefined {
  const { unit, all } = extentOf(data), share = TRAIN_SAMPLE[unit] / all;
  if (share >= 1) return undefined;
  return random(seed, "training score").permutation(data.size).subarray(0, Math.max(1, Math.round(share * data.size)));
}
