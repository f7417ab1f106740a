/**
 * What most figures train: a classifier of digits.
 * @module
 */
import type { Problem } from "../proximal/problem.ts";
import { mnist } from "../tasks/mnist.ts";

/** |B|, the default of `deno task train`. */
export const BATCH: number = mnist.defaults.batchSize;
/** The number of the first step that counts where meta steps are timed: the first 20 have one each. */
export const AFTER_EARLY = 50;

/** The problem with hidden layers of these widths, or else of those of `deno task train`. */
export function mnistMlp(hidden?: readonly number[]): Problem {
  const { models, output } = mnist;
  return { model: models.mlp.build({ hidden }), output };
}
