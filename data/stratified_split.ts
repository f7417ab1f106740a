/**
 * Divides labelled examples in two, every class in proportion.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";

/** Indices of examples, no index in both, each in a random order. */
export interface Split {
  /** The indices to train on. */
  readonly train: Uint32Array;
  /** The indices held out. */
  readonly test: Uint32Array;
}

/** How many of each class go into the test set: the largest remainders of testSize · count / size round up. */
function shares(counts: readonly number[], size: number, testSize: number): number[] {
  const share = counts.map((count) => Math.floor(testSize * count / size));
  const remainder = counts.map((count) => testSize * count % size); // integers: no rounding decides a tie
  const byRemainder = counts.map((_, label) => label).sort((a, b) => remainder[b] - remainder[a] || a - b);
  const missing = testSize - share.reduce((sum, n) => sum + n, 0);
  for (const label of byRemainder.slice(0, missing)) share[label]++;
  return share;
}

/**
 * A random split with exactly `testSize` test examples; each class has the same share of both parts, up to rounding. The
 * seed decides the split and nothing else does: pass a constant, not the run's seed, so that all runs share one test set.
 *
 * @throws `UserError` if `testSize` is not an integer from 0 to the number of labels
 */
export function stratifiedSplit(labels: Uint8Array, testSize: number, seed: number): Split {
  const size = labels.length;
  if (!(Number.isInteger(testSize) && testSize >= 0 && testSize <= size)) {
    throw new UserError(`testSize is ${testSize}: expected an integer from 0 to the ${size} examples`);
  }
  const counts = new Array<number>(256).fill(0);
  for (const label of labels) counts[label]++;
  const left = shares(counts, size, testSize);
  const train = new Uint32Array(size - testSize), test = new Uint32Array(testSize);
  let trained = 0, tested = 0;
  for (const index of random(seed, "stratified split").permutation(size)) {
    if (left[labels[index]] > 0) {
      left[labels[index]]--;
      test[tested++] = index;
    } else train[trained++] = index;
  }
  return { train, test };
}
