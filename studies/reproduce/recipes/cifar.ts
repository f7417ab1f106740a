/**
 * What the recipes on CIFAR share.
 * @module
 */
import { testError } from "../contest.ts";

/** What decides. */
export const TEST_ERROR = { title: "test error", measure: testError } as const;
/** The same in a rule. */
export const TEST_ERROR_DECIDES =
  "The final test error, the share of test images that are given another class than theirs, decides.";

/** Ours is level with others where its error is below theirs times this: a point of accuracy where the error is 40 %. */
export const LEVEL = 1.025;

/** What is ours in how images are trained on and scored. */
export const IMAGES =
  "images that are padded, cut and flipped at random; statistics of batch normalization computed anew for every score, of all alike";

/** Steps with batches of 128. */
export const EPOCHS_200 = 78_200;
