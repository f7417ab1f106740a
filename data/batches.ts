/**
 * The batches of a training.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Dataset } from "./dataset.ts";
import { metaSampler, type Sampler, sampler, type Stream } from "./sampler.ts";
import { sequenceMetaSampler, sequenceSampler } from "./sequence_sampler.ts";

/** What a batch's size counts. */
export interface Extent {
  /** In words, in the plural. */
  readonly unit: "examples" | "tokens";
  /** How many there are: a batch has no more. */
  readonly all: number;
  /** A batch has no fewer: the tokens of the longest sequence. */
  readonly least: number;
  /** The usual size of a batch, or all where there are fewer. */
  readonly usual: number;
}

const USUAL_EXAMPLES = 128, USUAL_TOKENS = 1000;

/** How large a data set is: in examples, or where these are sequences in tokens, counted with the padding of each. */
export function extentOf({ size, lengths }: Pick<Dataset, "size" | "lengths">): Extent {
  if (!lengths) return { unit: "examples", all: size, least: 1, usual: Math.min(USUAL_EXAMPLES, size) };
  let all = 0, least = 1;
  for (let i = 0; i < size; i++) {
    all += lengths[i];
    least = Math.max(least, lengths[i]);
  }
  return { unit: "tokens", all, least, usual: Math.min(Math.max(USUAL_TOKENS, least), all) };
}

/** The batches B. */
export function batchesOf({ size, lengths }: Dataset, batchSize: number, seed: number, name?: Stream): Sampler {
  return lengths ? sequenceSampler(lengths, batchSize, seed, name) : sampler(size, batchSize, seed, name);
}

/** The batches B′ beside these batches B. */
export function metaBatchesOf(
  { size, lengths }: Dataset,
  metaBatchSize: number,
  seed: number,
  { batches, batchSize }: { readonly batches: Sampler; readonly batchSize: number },
): Sampler {
  if (!lengths) return metaSampler(size, metaBatchSize, seed, batches);
  const { all } = extentOf({ size, lengths });
  if (!(Number.isInteger(metaBatchSize) && metaBatchSize >= 1 && metaBatchSize <= all)) {
    throw new UserError(`metaBatch size is ${metaBatchSize}; give a whole number from 1 to ${all}, the tokens of all`);
  }
  return sequenceMetaSampler(lengths, metaBatchSize / batchSize, seed, batches);
}
