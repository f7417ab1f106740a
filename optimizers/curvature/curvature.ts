/**
 * Curvature: symmetric matrices of all parameters by all parameters, known by their products with vectors.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../../models/model.ts";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { exampleScale } from "../../proximal/weighted_mean.ts";
import { UserError } from "../../runtime/errors.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { globalNorm, mapTensors, squarable } from "../../runtime/tree.ts";
import { jacobianProducts } from "./jacobian_product.ts";

/** Where curvature is measured. */
export interface CurvaturePoint {
  /** What is minimized. */
  readonly problem: Problem;
  /** θ. */
  readonly params: Tensors;
  /** Of the model at θ. */
  readonly buffers: Tree;
  /** The examples. */
  readonly batch: Batch;
  /** Of every pass. */
  readonly mode: Mode;
}

/** v ↦ C v. */
export type CurvatureProduct = (v: Tensors) => Tensors;

/** The product at a point. Call both inside `tf.tidy`. */
export type Curvature = (point: CurvaturePoint) => CurvatureProduct;

/**
 * The Hessian of the function-space discrepancy at u = θ: `$G = \overline{J^\top F J}$`, J the Jacobian of an example's outputs and F
 * the Fisher matrix of their distribution. With `kl` it is the Fisher matrix of the network, with `squaredError` Gauss–Newton's,
 * and with the discrepancy that belongs to the loss the generalized Gauss–Newton matrix of the loss (Schraudolph 2002; Martens
 * 2020, arXiv 1412.1193). Exact.
 *
 * @throws `UserError` for an output without a likelihood.
 */
export function gaussNewton({ problem, params, buffers, batch, mode }: CurvaturePoint): CurvatureProduct {
  const { likelihood } = problem.output;
  if (!likelihood) {
    throw new UserError(
      "gaussNewton needs problem.output.likelihood; give softmax(), bernoulli() or gaussian(), which have it",
    );
  }
  const f = (at: Tensors): Tensor => problem.model.apply(at, buffers, batch.inputs, mode).outputs;
  const jacobian = jacobianProducts(f, params);
  const scale = exampleScale(jacobian.outputs, batch.weights);
  return (v) => jacobian.transposeTimes(tf.mul(likelihood.fisher(jacobian.outputs, jacobian.times(v)), scale));
}

const STEP = 3e-3; // of the parameters: where the error of rounding (1e-7/STEP) meets that of the difference (STEP²)

/**
 * The Hessian of the loss, by central differences of its gradient along v: to about four digits in float32. tfjs's own second
 * derivatives are wrong for many operations.
 */
export function hessian({ problem, params, buffers, batch, mode }: CurvaturePoint): CurvatureProduct {
  const gradient = (at: Tensors): Tensors =>
    valueAndGradients((u) => {
      const { outputs } = problem.model.apply(u, buffers, batch.inputs, mode);
      return { value: problem.output.loss(outputs, batch.targets, batch.weights), auxiliary: {} };
    }, at).gradients;
  const size = tf.mul(tf.add(globalNorm(params), 1), STEP);
  return (v) => {
    const { scaled, scale } = squarable(v), h = tf.div(size, tf.maximum(globalNorm(scaled), 1e-30));
    const [ahead, behind] = [h, tf.neg(h)].map((by) =>
      gradient(mapTensors(params, (x, name) => tf.add(x, tf.mul(scaled[name], by))))
    );
    return mapTensors(ahead, (g, name) => tf.div(tf.div(tf.sub(g, behind[name]), tf.mul(h, 2)), scale));
  };
}

const MOST = 3000; // parameters: a matrix of 36 MB

/**
 * The matrix `[n, n]` of a product, of n products with unit vectors: for toy problems. Parameters stand in their order.
 *
 * @throws `UserError` for more than 3,000 parameters.
 */
export function denseMatrix(product: CurvatureProduct, params: Tensors): Tensor {
  const rows: Tensor[] = [], count = Object.values(params).reduce((sum, x) => sum + x.size, 0);
  if (count > MOST) {
    throw new UserError(
      `a matrix of ${count} by ${count} parameters is too large for this method; give a smaller model, or natural gradient ` +
        "with conjugate gradients",
    );
  }
  const eye = tf.eye(count);
  for (let i = 0; i < count; i++) {
    rows.push(tf.tidy(() => flat(product(unflat(tf.slice(eye, [i, 0], [1, count]), params)))));
  }
  return tf.stack(rows);
}

/** All values in one vector. */
export function flat(tensors: Tensors): Tensor {
  return tf.concat(Object.values(tensors).map((x) => tf.reshape(x, [-1])));
}

/** A vector as tensors of these names and shapes. */
export function unflat(vector: Tensor, like: Tensors): Tensors {
  const parts = tf.split(tf.reshape(vector, [-1]), Object.values(like).map(({ size }) => size));
  return Object.fromEntries(Object.entries(like).map(([name, x], i) => [name, tf.reshape(parts[i], x.shape)]));
}
