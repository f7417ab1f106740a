/**
 * Pairs of sequences as a data set for models that write one from the other.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { padded, type Tokens } from "../../models/tokens.ts";
import { positiveWhole, UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { checkIndices, type Dataset } from "../dataset.ts";
import { roundedLengths } from "./length_classes.ts";

/** What {@linkcode tokenPairs} is given. */
export interface TokenPairs {
  /** The token numbers of each source, from 1. */
  readonly source: readonly Tokens[];
  /** Those of what it is to become. */
  readonly target: readonly Tokens[];
  /** The token that begins what is written. */
  readonly start: number;
  /** The token that ends a sequence: it is added to source and target. */
  readonly end: number;
  /** Sequences are padded to so many different lengths at most, for devices that know each shape of a batch anew. Default: any. */
  readonly shapes?: number;
}

/**
 * A data set of pairs of sequences. A batch has the inputs `source`, the source tokens and the end token, and `target`, the start token
 * and the target tokens; its targets are the target tokens and the end token, all `int32 [batch, time]`, filled up with 0; its weights
 * `[batch, time]` are 1 where a target token stands and 0 where nothing does. `lengths` are those of the longer one of source and target.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Tensors, tokenPairs } from "@amortized/apo";
 *
 * const data = tokenPairs({ source: [[5, 6, 7], [8]], target: [[9], [10, 11]], start: 1, end: 2 });
 * const { inputs, targets, weights } = data.batch([0, 1]);
 * const { source, target } = inputs as Tensors;
 * assertEquals(source.arraySync(), [[5, 6, 7, 2], [8, 2, 0, 0]]);
 * assertEquals(target.arraySync(), [[1, 9, 0], [1, 10, 11]]);
 * assertEquals(targets.arraySync(), [[9, 2, 0], [10, 11, 2]]);
 * assertEquals(weights!.arraySync(), [[1, 1, 0], [1, 1, 1]]);
 * ```
 *
 * @throws `UserError` for unequal numbers of sources and targets, none at all, and tokens that are no whole numbers from 1.
 */
export function tokenPairs({ source, target, start, end, shapes }: TokenPairs): Dataset {
  const size = source.length;
  if (target.length !== size) {
    throw new UserError(`tokenPairs: ${size} sources and ${target.length} targets; give a target for each source`);
  }
  positiveWhole("tokenPairs: start", start);
  positiveWhole("tokenPairs: end", end);
  if (shapes !== undefined) positiveWhole("tokenPairs: shapes", shapes);
  if (size === 0) throw new UserError("tokenPairs: there are none; give one or more");
  for (const [name, sequences] of [["source", source], ["target", target]] as const) checkTokens(name, sequences);
  const own = source.map(({ length }, i) => 1 + Math.max(length, target[i].length));
  const lengths = shapes === undefined ? own : roundedLengths(own, shapes);
  const contents = [source, target].map((of) => new Uint8Array(Int32Array.from(of.flatMap((x) => [...x, end])).buffer));
  return {
    size,
    lengths,
    contents,
    batch: (indices) => {
      checkIndices(indices, size);
      const chosen = Array.from(indices), longest = Math.max(...chosen.map((i) => lengths[i]));
      const matrix = (
        sequences: readonly Tokens[],
        { before = [], after = [] }: { before?: Tokens; after?: Tokens },
      ) => {
        const rows = chosen.map((i) => [...before, ...sequences[i], ...after]);
        return padded(rows, shapes === undefined ? Math.max(...rows.map(({ length }) => length)) : longest);
      };
      const targets = matrix(target, { after: [end] });
      return {
        inputs: { source: matrix(source, { after: [end] }), target: matrix(target, { before: [start] }) },
        targets,
        weights: ones(chosen.map((i) => target[i].length + 1), targets.shape[1]!),
      };
    },
  };
}

/** As many ones in each row, `[rows, time]`, and zeros behind them. */
function ones(counts: readonly number[], time: number): Tensor {
  const numbers = new Float32Array(counts.length * time);
  counts.forEach((count, row) => numbers.fill(1, row * time, row * time + count));
  return tf.tensor2d(numbers, [counts.length, time]);
}

function checkTokens(name: string, sequences: readonly Tokens[]): void {
  sequences.forEach((tokens, i) => {
    const wrong = tokens.findIndex((token) => !(Number.isInteger(token) && token >= 1 && token < 2 ** 31));
    if (wrong < 0) return;
    throw new UserError(`tokenPairs: ${name}[${i}][${wrong}] is ${tokens[wrong]}; give whole numbers from 1`);
  });
}
