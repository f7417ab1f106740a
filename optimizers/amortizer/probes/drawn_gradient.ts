/**
 * Gradients that a model draws for itself.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Batch, Likelihood } from "../../../proximal/problem.ts";
import type { Draws } from "../../../runtime/chance.ts";
import { valueAndGradients } from "../../../runtime/gradients.ts";
import type { Tensor, Tensors } from "../../../runtime/tensor.ts";
import { mapTensors } from "../../../runtime/tree.ts";

/**
 * The gradient of the loss on targets that are drawn from the model's own outputs, as long as its covariance over draws is the
 * curvature of the batch's FSD, the Fisher matrix; its mean is 0. That is √N times the gradient of the mean loss of N examples, each
 * with the root of its weight.
 *
 * @param outputs Of the batch, at any parameters.
 */
export function drawnGradient(
  outputs: (at: Tensors) => Tensor,
  params: Tensors,
  { weights, likelihood, draws }: {
    readonly weights: Batch["weights"];
    readonly likelihood: Likelihood;
    readonly draws: Draws;
  },
): Tensors {
  const reference = outputs(params), targets = likelihood.sample(reference, draws);
  const roots = weights && tf.sqrt(tf.cast(weights, "float32"));
  const { gradients } = valueAndGradients(
    (at) => ({ value: likelihood.loss(outputs(at), targets, roots), auxiliary: {} }),
    params,
  );
  const length = roots
    ? tf.divNoNan(tf.sum(roots), tf.sqrt(tf.sum(tf.square(roots))))
    : tf.scalar(Math.sqrt(reference.shape[0]));
  return mapTensors(gradients, (x) => tf.mul(x, length));
}
