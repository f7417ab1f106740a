/**
 * KFAC's factors: second moments of a linear map's inputs and of its back-propagated gradients.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Windows } from "../../models/windows.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { UsePass } from "./layer_pass.ts";
import type { WeightMatrix } from "./weight_matrices.ts";

/**
 * `$A = \overline{a a^\top}$` and `$B = \overline{\delta\delta^\top}$` over examples, with δ the gradient of one example's loss in what the
 * map put out (Martens & Grosse 2015, arXiv 1503.05671). What a map does at several positions of an example, the windows of an
 * image or the tokens of a sequence, and in several uses, is taken for independent, as in Grosse & Martens 2016 (arXiv
 * 1602.01407): A is summed over them and B averaged.
 *
 * @param uses Of the map in the pass, with the gradients of the batch's mean loss.
 * @param batch The number of examples.
 * @param weights Of the examples, as in `Batch`; means are weighted, Σwx/Σw. Where a use has a mask of its own, its rows count by
 * that, and the weights tell only how many examples there are, (Σw)²/Σw².
 * @throws `UserError` for a use whose rows are not those of the weights and that has no mask.
 */
export function kroneckerFactors(
  map: WeightMatrix,
  uses: readonly UsePass[],
  batch: number,
  weights?: Tensor,
): { A: Tensor; B: Tensor } {
  const shares = uses.map((use) => rowShares(map, use, batch, weights));
  const positions = sumOf(shares.map((share) => share.positions));
  const A = uses.map(({ inputs }, i) => {
    const flat = asMatrix(map.windows ? patches(inputs, map.leaf.shape, map.windows) : inputs);
    return weighed(map.bias ? tf.concat([flat, tf.ones([flat.shape[0], 1])], 1) : flat, shares[i].share);
  });
  // the δ of the mean loss are an example's own times its share
  const B = uses.map(({ delta }, i) => weighed(asMatrix(delta), inverseShare(shares[i], positions)));
  return { A: sumOf(A) as Tensor, B: sumOf(B) as Tensor };
}

/** How the rows of a use count. */
interface RowShares {
  /** What each row counts in a mean over examples: one number for all of them, or one for each run of rows. */
  readonly share: Tensor;
  /** Rows by example. */
  readonly positions: Tensor | number;
  /** Which rows there are, where not all; of the same size as `share`. */
  readonly mask?: Tensor;
}

function rowShares(map: WeightMatrix, { delta, mask }: UsePass, batch: number, weights?: Tensor): RowShares {
  const rows = delta.size / delta.shape[delta.rank - 1];
  if (mask) {
    if (rows % mask.size !== 0) throw mismatch(map, "mask", mask, delta);
    const float: Tensor = tf.cast(mask, "float32"), examples = weights ? effective(weights) : tf.scalar(batch);
    const count = tf.mul(tf.sum(float), rows / mask.size);
    return { share: tf.div(float, examples), positions: tf.div(count, examples), mask: float };
  }
  if (!weights) return { share: tf.scalar(1 / batch), positions: rows / batch };
  const fits = weights.size === rows || weights.shape.every((n, axis) => n === delta.shape[axis]);
  if (!fits) throw mismatch(map, "weights", weights, delta);
  const w: Tensor = tf.cast(weights, "float32");
  return { share: tf.divNoNan(w, tf.sum(w)), positions: rows / w.size };
}

const mismatch = (map: WeightMatrix, what: string, { shape }: Tensor, delta: Tensor): UserError =>
  new UserError(
    `the ${what} of shape [${shape}] do not fit the linear map "${map.name}", whose outputs have the shape [${delta.shape}]; let ` +
      "the network apply it in pass.masked(mask), with a mask of the leading axes of these outputs",
  );

/** (Σw)²/Σw²: how many examples of equal weight say as much. */
function effective(weights: Tensor): Tensor {
  const w: Tensor = tf.cast(weights, "float32");
  return tf.divNoNan(tf.square(tf.sum(w)), tf.sum(tf.square(w)));
}

/** What makes second moments of one example's gradients, averaged over all positions, of those of the mean loss. */
function inverseShare({ share, mask }: RowShares, positions: Tensor | number): Tensor {
  const inverse: Tensor = typeof positions === "number"
    ? tf.divNoNan(1 / positions, share)
    : tf.divNoNan(tf.divNoNan(1, positions), share);
  return mask ? tf.mul(inverse, tf.cast(tf.greater(mask, 0), "float32")) : inverse;
}

const asMatrix = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape[x.rank - 1]]);

function sumOf(terms: readonly (Tensor | number)[]): Tensor | number {
  return terms.reduce((a, b) => typeof a === "number" && typeof b === "number" ? a + b : tf.add(a, b));
}

/** Σ s x xᵀ over the rows x, s being one number or one for each run of rows. */
function weighed(x: Tensor, scale: Tensor): Tensor {
  if (scale.size === 1) return tf.mul(tf.matMul(x, x, true), scale);
  const rows = tf.reshape(tf.tile(tf.reshape(tf.sqrt(scale), [-1, 1]), [1, x.shape[0]! / scale.size]), [-1, 1]);
  const scaled = tf.mul(x, rows);
  return tf.matMul(scaled, scaled, true);
}

/** What each application of a convolution's kernel sees: `[batch, height, width, kernel height · kernel width · channels]`. */
function patches(
  x: Tensor,
  [kernelHeight, kernelWidth]: readonly number[],
  { stride, margins, counts }: Windows,
): Tensor {
  const [batch, , , channels] = x.shape as number[];
  const ends = counts.map((count) => (count - 1) * stride + 1); // behind the last window's first pixel
  const padded = tf.pad(x, [[0, 0], [...margins[0]], [...margins[1]], [0, 0]]);
  const shifted = (i: number, j: number): Tensor =>
    tf.stridedSlice(padded, [0, i, j, 0], [batch, i + ends[0], j + ends[1], channels], [1, stride, stride, 1]);
  const offsets = Array.from(
    { length: kernelHeight * kernelWidth },
    (_, k) => shifted(Math.floor(k / kernelWidth), k % kernelWidth),
  );
  return offsets.length === 1 ? offsets[0] : tf.concat(offsets, 3);
}
