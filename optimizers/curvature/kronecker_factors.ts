/**
 * KFAC's factors: second moments of a linear map's inputs and of its back-propagated gradients.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import { patches, patchMoments, patchSum } from "../../runtime/patch_moments.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Windows } from "../../runtime/windows.ts";
import type { UsePass } from "./layer_pass.ts";
import { factorShapes, type WeightMatrix } from "./weight_matrices.ts";

/**
 * `$A = \overline{a a^\top}$` and `$B = \overline{\delta\delta^\top}$` over examples, with δ the gradient of one example's loss in what the
 * map put out (Martens & Grosse 2015, arXiv 1503.05671). What a map does at several positions of an example, the windows of an
 * image or the tokens of a sequence, and in several uses, is taken for independent, as in Grosse & Martens 2016 (arXiv
 * 1602.01407): A is summed over them and B averaged.
 *
 * @param uses Of the map in the pass, with the gradients of the batch's mean loss.
 * @param batch The number of examples.
 * @param weights Of the examples, as in `Batch`; means are weighted, Σwx/Σw. Rows that a use's mask leaves out do not count. Where
 * weights `[batch, time]` weigh the positions of other sequences than the mask's, they tell only how many examples there are,
 * (Σw)²/Σw².
 * @returns A and B; of a B whose side is {@linkcode oversized} the diagonal alone, `[n]`.
 * @throws `UserError` for a use whose rows are not those of its mask, or without a mask not those of the weights.
 */
export function kroneckerFactors(
  map: WeightMatrix,
  uses: readonly UsePass[],
  batch: number,
  weights?: Tensor,
): { A: Tensor; B: Tensor } {
  const shares = uses.map((use) => rowShares(map, use, batch, weights));
  const hasDiagonalB = factorShapes(map)[1].length === 1;
  const positions = sumOf(shares.map((share) => share.positions));
  const A = uses.map(({ inputs, delta }, i) => {
    const { share } = shares[i], { windows } = map;
    const byImage = windows && (share.size === 1 || share.size === inputs.shape[0]);
    if (byImage && tf.util.arraysEqual(delta.shape.slice(0, -1), [inputs.shape[0], ...windows.counts])) {
      return momentsOfPatches(inputs, windows, share, map.bias !== undefined);
    }
    const flat = asMatrix(windows ? patches(inputs, windows) : inputs);
    if (flat.shape[0] !== asMatrix(delta).shape[0]) throw mismatch(map, "inputs", inputs, delta);
    return weighed(map.bias ? tf.concat([flat, tf.ones([flat.shape[0], 1])], 1) : flat, share);
  });
  // the δ of the mean loss are an example's own times its share
  const inverse = (share: Tensor): Tensor =>
    tf.divNoNan(typeof positions === "number" ? 1 / positions : tf.divNoNan(1, positions), share);
  const B = uses.map(({ delta }, i) => weighed(asMatrix(delta), inverse(shares[i].share), hasDiagonalB));
  return { A: sumOf(A) as Tensor, B: sumOf(B) as Tensor };
}

/** How the rows of a use count. */
interface RowShares {
  /** What each row counts in a mean over examples: one number for all of them, or one for each run of rows. 0 for rows of padding. */
  readonly share: Tensor;
  /** Rows by example. */
  readonly positions: Tensor | number;
}

function rowShares(map: WeightMatrix, { delta, mask }: UsePass, batch: number, weights?: Tensor): RowShares {
  const leading = delta.shape.slice(0, -1), rows = tf.util.sizeFromShape(leading);
  if (mask && !runsOver(mask, leading)) throw mismatch(map, "mask", mask, delta);
  if (!mask && weights && !runsOver(weights, leading)) throw mismatch(map, "weights", weights, delta);
  if (!mask && !weights) return { share: tf.scalar(1 / batch), positions: rows / batch };
  if (!mask) return { share: shareOf(weights!), positions: rows / weights!.size };
  const byExample = weights?.rank === 1 && weights.size === mask.shape[0];
  const each: Tensor = byExample
    ? tf.reshape(shareOf(weights), [-1, ...mask.shape.slice(1).map(() => 1)])
    : weights
    ? tf.sum(tf.square(shareOf(weights))) // one by the number of examples of equal weight that say as much
    : tf.scalar(1 / batch);
  const share = tf.mul(tf.cast(mask, "float32"), each);
  return { share, positions: tf.mul(tf.sum(share), rows / mask.size) };
}

/** Whether each number of a mask or of weights stands for a run of rows: its axes come first, also where rows were made one axis. */
function runsOver({ shape, size, rank }: Tensor, leading: readonly number[]): boolean {
  if (rank <= leading.length && shape.every((n, axis) => n === leading[axis])) return true;
  return leading.length === 1 && (size === leading[0] || rank === 1 && leading[0] % size === 0);
}

/** w/Σw. */
function shareOf(weights: Tensor): Tensor {
  const w: Tensor = tf.cast(weights, "float32");
  return tf.divNoNan(w, tf.sum(w));
}

const mismatch = (map: WeightMatrix, what: string, { shape }: Tensor, delta: Tensor): UserError =>
  new UserError(
    `the ${what} of shape [${shape}] do not fit the linear map "${map.name}", whose outputs have the shape [${delta.shape}]; ` +
      (what === "inputs"
        ? "report the inputs that made these outputs"
        : "let the network apply it in pass.masked(mask), with a mask of the leading axes of these outputs"),
  );

const asMatrix = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape[x.rank - 1]]);

function sumOf(terms: readonly (Tensor | number)[]): Tensor | number {
  return terms.reduce((a, b) => typeof a === "number" && typeof b === "number" ? a + b : tf.add(a, b));
}

/** Σ s p pᵀ over the patches p of images, s being one number or one for each image; with a bias p ends with a 1. */
function momentsOfPatches(x: Tensor, windows: Windows, share: Tensor, hasBias: boolean): Tensor {
  const each: Tensor = tf.reshape(share, share.size === 1 ? [] : [-1, 1, 1, 1]);
  const second = share.size === 1
    ? tf.mul(patchMoments(x, windows), each)
    : patchMoments(tf.mul(x, tf.sqrt(each)), windows);
  if (!hasBias) return second;
  const first = tf.reshape(patchSum(tf.mul(x, each), windows), [1, -1]), [rows, columns] = windows.counts;
  const weight = tf.mul(tf.sum(share), rows * columns * (share.size === 1 ? x.shape[0] : 1));
  return tf.concat([tf.concat([second, first]), tf.concat([tf.transpose(first), tf.reshape(weight, [1, 1])])], 1);
}

/** Σ s x xᵀ, or its diagonal, over the rows x, s being one number or one for each run of rows. */
function weighed(x: Tensor, scale: Tensor, isDiagonal = false): Tensor {
  const moments = (x: Tensor): Tensor => isDiagonal ? tf.sum(tf.square(x), 0) : tf.matMul(x, x, true);
  if (scale.size === 1) return tf.mul(moments(x), tf.reshape(scale, []));
  const rows = tf.reshape(tf.tile(tf.reshape(tf.sqrt(scale), [-1, 1]), [1, x.shape[0]! / scale.size]), [-1, 1]);
  return moments(tf.mul(x, rows));
}
