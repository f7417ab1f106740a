/**
 * Losses and divergences that are sums over rows of outputs, with their gradients from the same pass.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { scaled } from "./elementwise/scaled.ts";
import type { Tensor } from "./tensor.ts";
import { timesOrZero } from "./times_or_zero.ts";

/**
 * Which one, of a row z of outputs and a row r of the reference:
 * - `labelLoss`: −Σ p log softmax(z) with p = (1 − s) label + s/columns, for the label r (int32, one a row) and a smoothing s;
 * - `softmaxLoss`: −Σ r log softmax(z);
 * - `softmaxDivergence`: KL(softmax(r) ‖ softmax(z));
 * - `bitsLoss`: Σ log(1 + e^z) − z r;
 * - `bitsDivergence`: Σ KL(Bern(σ(r)) ‖ Bern(σ(z))).
 *
 * A logit of −∞ counts as −3.4e38, but what comes out positive because of it is +∞; that of a bit may be +∞ too. A label that
 * no output stands for gives NaN, and so do its derivatives.
 */
export type RowLoss = "labelLoss" | "softmaxLoss" | "softmaxDivergence" | "bitsLoss" | "bitsDivergence";

/**
 * The name of the kernel: inputs `outputs`, `reference` and `scale`, attributes `loss`, `smoothing` and `rank`, the number of axes that
 * number the rows. Its results are the value of each row, and of each output the derivative of its row's value. A row whose scale is 0
 * may be passed over: then its results are 0.
 */
export const ROW_LOSS = "ApoRowLoss";

/**
 * Σ scale · loss over all rows, with a gradient in the outputs; the reference is constant. undefined where the backend has no
 * kernel for it, or the tensors are not as it takes them.
 *
 * @param outputs `[…rows, …]`, float32.
 * @param reference Of the same shape; labels `[…rows]`.
 * @param rank How many axes number the rows.
 * @param scale What each row counts: one number, or a tensor of `rank` axes and more that broadcasts over the outputs.
 * @param smoothing The s of `labelLoss`, from 0 to below 1; the others have none. Default: 0.
 */
export function rowLoss(
  loss: RowLoss,
  outputs: Tensor,
  reference: Tensor,
  rank: number,
  scale: Tensor,
  smoothing = 0,
): Tensor | undefined {
  const rowShape = outputs.shape.slice(0, rank);
  const [dtype, shape] = loss === "labelLoss" ? ["int32", rowShape] : ["float32", outputs.shape];
  const fits = rank > 0 && rank <= outputs.rank && outputs.dtype === "float32" &&
    reference.dtype === dtype && tf.util.arraysEqual(reference.shape, shape); // else tfjs broadcasts, or says what is wrong
  // a gradient of a gradient needs operations that have one
  const nested = tf.engine().state.gradientDepth > 1;
  if (!fits || nested || tf.getKernel(ROW_LOSS, tf.getBackend()) === undefined) return undefined;
  const value = tf.customGrad((z, save) => {
    const attributes = { loss, rank, smoothing } as unknown as tf.NamedAttrMap;
    const [values, slopes] = tf.engine().runKernel(
      ROW_LOSS,
      { outputs: z as Tensor, reference, scale },
      attributes,
    ) as Tensor[];
    (save as tf.GradSaveFunc)([slopes, scale]);
    const one = scale.size === 1;
    return {
      value: one
        ? tf.mul(tf.sum(values), tf.reshape(scale, []))
        : tf.sum(timesOrZero(values, tf.reshape(scale, rowsOf(scale, rowShape)))),
      gradFunc: (dy: Tensor, [slopes, scale]: Tensor[]) => {
        const factor = tf.mul(dy, scale);
        return one ? scaled({ x: { slopes }, factor }).x.slopes : tf.mul(slopes, factor);
      },
    };
  });
  return value(outputs);
}

/** The part of a scale's shape that belongs to the rows; what broadcasts beyond them is 1. */
function rowsOf(scale: Tensor, rowShape: readonly number[]): number[] {
  return rowShape.map((_, axis) => scale.shape[axis] ?? 1);
}
