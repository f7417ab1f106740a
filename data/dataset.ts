/**
 * What training reads from: numbered examples, batched on request.
 * @module
 */
import type { Batch } from "../proximal/problem.ts";
import { UserError } from "../runtime/errors.ts";
import type { Random } from "../runtime/random.ts";
import { disposeTree } from "../runtime/tree.ts";
import type { Pairs } from "./text/corpus.ts";
import type { Subwords } from "./text/subwords.ts";

/** Examples 0 … `size` − 1. */
export interface Dataset {
  /** The number of examples. */
  readonly size: number;
  /** Where the targets are class numbers: those of all examples, from 0. */
  readonly labels?: ArrayLike<number>;
  /**
   * Where the examples are sequences: to how many tokens each is padded at least, in a batch with others of its length. Then `fit`
   * counts the size of a batch in tokens, and puts sequences of about equal length together.
   */
  readonly lengths?: ArrayLike<number>;
  /** Of standardized targets: how much of their own unit a difference of 1 is. Default: 1. */
  readonly targetScale?: number;
  /**
   * All that the examples are made of, where that is less to read than all batches: the fingerprint of the data is made of it and of
   * a few examples (the first, the last, the middle and 8 others). Data that are made of other data add what they change, or leave it
   * out: what only other examples show goes unnoticed.
   */
  readonly contents?: readonly Uint8Array[];
  /**
   * The examples with these indices, in this order, as new tensors that the caller owns.
   *
   * @param chance What random changes of the examples are drawn from, such as how an image is shifted: `fit` gives it for batches that
   * are trained on, each with a stream of its own, and the same numbers give the same batch. Without it the examples come as they are.
   * Data without such changes ignore it.
   * @throws `UserError` if an index is not an integer in [0, `size`)
   */
  batch(indices: ArrayLike<number>, chance?: Random): Batch;
}

/** A task's data. */
export interface TaskData {
  /** Examples to train on. */
  readonly train: Dataset;
  /** Examples to look at during training, and to choose settings by. */
  readonly validation?: Dataset;
  /** Examples that no tuning looks at. */
  readonly test?: Dataset;
  /** One line for people: which data, how many, how split. */
  readonly source: string;
  /** Where the examples are texts. */
  readonly text?: Texts;
}

/** What examples were made of, a line an example. */
export interface Texts {
  /** How lines became tokens. */
  readonly subwords: Subwords;
  /** Those of `train`. */
  readonly train: Pairs;
  /** Those of `validation`. */
  readonly validation?: Pairs;
  /** Those of `test`, or of its first examples: what is translated at the end of a training. */
  readonly test: Pairs;
}

/**
 * All of a data set but its `batch` and `contents`, for another one of the same kind: a spread of `data` would lose what a class has.
 */
export function described({ size, labels, lengths, targetScale }: Dataset): Omit<Dataset, "batch" | "contents"> {
  return { size, labels, lengths, targetScale };
}

/** What every `batch` begins with. @throws `UserError` if an index is not an integer in [0, `size`). */
export function checkIndices(indices: ArrayLike<number>, size: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < size)) {
      throw new UserError(`indices[${i}] is ${index}: there are ${size} examples, 0 to ${size - 1}`);
    }
  }
}

/** Sequences of about equal length come together, and none takes more memory than those before it. Others keep their order. */
export function longestFirst(indices: Uint32Array, lengths?: ArrayLike<number>): Uint32Array {
  return lengths ? indices.toSorted((a, b) => lengths[b] - lengths[a]) : indices;
}

/** Frees a batch's tensors. */
export function disposeBatch({ inputs, targets, weights }: Batch): void {
  disposeTree(inputs);
  targets.dispose();
  weights?.dispose();
}
