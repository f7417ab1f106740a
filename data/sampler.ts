/**
 * In which order examples are seen.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";

/** What an order of examples is for; each has a random stream of its own. */
export type Stream = "batch" | "metaBatch" | "recalibration";

/** Which examples make the batch of a step. */
export interface Sampler {
  /** The indices of the batch of a step: a function of the step alone, so there is no state to save. */
  indices(step: number): Uint32Array;
}

/**
 * Batches B without replacement: each epoch is a new permutation, of which what does not fill a batch is left out. The order depends
 * on the seed alone.
 *
 * @param name Of the stream: another name gives another order.
 * @throws `UserError` for a batch size that is no integer in [1, `size`].
 */
export function sampler(size: number, batchSize: number, seed: number, name: Stream = "batch"): Sampler {
  const at = permuted(size, batchSize, seed, name);
  return {
    indices: (step) => {
      const { order, start } = at(step);
      return order.subarray(start, start + batchSize);
    },
  };
}

/**
 * Batches B′, each independent of the batch B of its step as far as there are examples: B′ has none of B's where |B| + |B′| ≤ `size`;
 * else it has all the others, and of B's those that it still needs. It goes through permutations of its own, whose order depends on the
 * seed alone, and passes over B's.
 *
 * @param batches Those of B.
 * @throws `UserError` for a batch size that is no integer in [1, `size`].
 */
export function metaSampler(size: number, metaBatchSize: number, seed: number, batches: Sampler): Sampler {
  const at = permuted(size, metaBatchSize, seed, "metaBatch");
  return {
    indices: (step) => {
      const { order, start } = at(step), taken = new Set(batches.indices(step));
      const chosen = new Uint32Array(metaBatchSize);
      let count = 0;
      for (const wanted of [false, true]) { // those of B come last
        for (let i = 0; i < size && count < metaBatchSize; i++) {
          const index = order[(start + i) % size];
          if (taken.has(index) === wanted) chosen[count++] = index;
        }
      }
      return chosen;
    },
  };
}

/** The permutation of a step's epoch, and where in it the step's batch begins. */
function permuted(
  size: number,
  batchSize: number,
  seed: number,
  stream: Stream,
): (step: number) => { readonly order: Uint32Array; readonly start: number } {
  if (!(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= size)) {
    throw new UserError(
      `${stream} size is ${batchSize}; give a whole number from 1 to ${size}, the number of examples`,
    );
  }
  const batchesPerEpoch = Math.floor(size / batchSize);
  let cached: { epoch: number; order: Uint32Array } | undefined;
  return (step) => {
    const epoch = Math.floor(step / batchesPerEpoch);
    if (cached?.epoch !== epoch) {
      cached = { epoch, order: random(seed, `${stream}/epoch ${epoch}`).permutation(size) };
    }
    return { order: cached.order, start: (step % batchesPerEpoch) * batchSize };
  };
}
