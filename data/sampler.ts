/**
 * In which order examples are seen.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";

/** Which examples make the batch of a step. */
export interface Sampler {
  /** The indices of the batch of a step: a function of the step alone, so there is no state to save. */
  indices(step: number): Uint32Array;
}

/**
 * Batches without replacement: each epoch is a new permutation, of which what does not fill a batch is left out. The order
 * depends on the seed and the stream alone.
 *
 * @param stream B and B′ have streams of their own (`"batch"`, `"metaBatch"`).
 * @throws `UserError` for a batch size that is no integer in [1, `size`].
 */
export function sampler(size: number, batchSize: number, seed: number, stream: "batch" | "metaBatch"): Sampler {
  if (!(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= size)) {
    throw new UserError(
      `${stream} size is ${batchSize}; give a whole number from 1 to ${size}, the number of examples`,
    );
  }
  const batchesPerEpoch = Math.floor(size / batchSize);
  let cached: { epoch: number; order: Uint32Array } | undefined;
  return {
    indices: (step) => {
      const epoch = Math.floor(step / batchesPerEpoch);
      if (cached?.epoch !== epoch) {
        cached = { epoch, order: random(seed, `${stream}/epoch ${epoch}`).permutation(size) };
      }
      const start = (step % batchesPerEpoch) * batchSize;
      return cached.order.subarray(start, start + batchSize);
    },
  };
}
