/**
 * KFAC's factors: second moments of a layer's inputs and of its back-propagated gradients.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaf } from "../../models/model.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { LinearLayer } from "./linear_layers.ts";

/**
 * `$A = \overline{a a^\top}$` and `$B = \overline{\delta\delta^\top}$` over examples, with δ the gradient of one example's loss in what the
 * layer put out (Martens & Grosse 2015, arXiv 1503.05671). Of a convolution a are the patches and, as in Grosse & Martens 2016 (arXiv
 * 1602.01407), A is summed over positions and B averaged. With weights the means are weighted, Σwx/Σw.
 *
 * @param inputs What came in, `[batch, …]`.
 * @param delta The gradient of the batch's mean loss, as `LayerPass.deltas`.
 * @param weights Of the examples, as in `Batch`.
 */
export function kroneckerFactors(
  layer: LinearLayer,
  inputs: Tensor,
  delta: Tensor,
  weights?: Tensor,
): { A: Tensor; B: Tensor } {
  const rows = layer.leaf.role === "conv" ? patches(inputs, layer.leaf) : inputs;
  const matrix = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape[x.rank - 1]]);
  const flat = matrix(rows), a = layer.bias ? tf.concat([flat, tf.ones([flat.shape[0], 1])], 1) : flat;
  const d = matrix(delta), share = exampleShare(delta, weights);
  const positions = d.shape[0] / (weights ? share.size : delta.shape[0]);
  const weighed = (x: Tensor, scale: Tensor): Tensor => {
    if (scale.size === 1) return tf.mul(tf.matMul(x, x, true), scale);
    const rows = tf.reshape(tf.tile(tf.reshape(tf.sqrt(scale), [-1, 1]), [1, x.shape[0]! / scale.size]), [-1, 1]);
    const scaled = tf.mul(x, rows);
    return tf.matMul(scaled, scaled, true);
  };
  // the δ of the mean loss are an example's own times its share
  return { A: weighed(a, share), B: weighed(d, tf.divNoNan(1 / positions, share)) };
}

/** What an example counts in a mean: w/Σw by example, or 1/batch for all. */
function exampleShare(delta: Tensor, weights?: Tensor): Tensor {
  if (!weights) return tf.scalar(1 / delta.shape[0]);
  const w = tf.cast(weights, "float32");
  return tf.divNoNan(w, tf.sum(w));
}

/** What each application of a convolution's kernel sees: `[batch, height, width, kernel height · kernel width · channels]`. */
function patches(x: Tensor, { shape, stride = 1, padding = "same" }: Leaf): Tensor {
  const [batch, ...image] = x.shape as number[], [kernelHeight, kernelWidth] = shape;
  const counts = [kernelHeight, kernelWidth].map((side, i) =>
    padding === "same" ? Math.ceil(image[i] / stride) : Math.ceil((image[i] - side + 1) / stride)
  );
  const spans = counts.map((count, i) => (count - 1) * stride + shape[i]);
  const margins = spans.map((span, i) => {
    const missing = Math.max(0, span - image[i]), before = Math.floor(missing / 2); // tfjs's "same": the odd one at the end
    return [before, missing - before] as [number, number];
  });
  const padded = tf.pad(x, [[0, 0], ...margins, [0, 0]]);
  const shifted = (i: number, j: number): Tensor => {
    const ends = [i + (counts[0] - 1) * stride + 1, j + (counts[1] - 1) * stride + 1];
    return tf.stridedSlice(padded, [0, i, j, 0], [batch, ...ends, image[2]], [1, stride, stride, 1]);
  };
  const offsets = Array.from(
    { length: kernelHeight * kernelWidth },
    (_, k) => shifted(Math.floor(k / kernelWidth), k % kernelWidth),
  );
  return offsets.length === 1 ? offsets[0] : tf.concat(offsets, 3);
}
