/**
 * What most figures train: a classifier of digits.
 * @module
 */
import { mlp } from "../models/networks.ts";
import { crossEntropy } from "../proximal/cross_entropy.ts";
import { kl } from "../proximal/kl.ts";
import type { Problem } from "../proximal/problem.ts";

/** 784-256-256-10: the default of `deno task train`. */
export const DEFAULT_HIDDEN: readonly number[] = [256, 256];
/** |B|, its default too. */
export const BATCH = 128;
/** The number of the first step that counts where meta steps are timed: the first 20 have one each. */
export const AFTER_EARLY = 30;

/** The problem with hidden layers of these widths. */
export function mnistMlp(hidden: readonly number[]): Problem {
  return { model: mlp([784, ...hidden, 10]), loss: crossEntropy, discrepancy: kl };
}
