/**
 * Gradients that a model draws for itself.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Beside } from "../../../proximal/micro_batches.ts";
import type { Likelihood } from "../../../proximal/problem.ts";
import type { Draws } from "../../../runtime/chance.ts";
import { constant } from "../../../runtime/gradients.ts";
import { inFloat32 } from "../../../runtime/precision/scope.ts";
import type { Tensor } from "../../../runtime/tensor.ts";

/**
 * The gradient of the loss on targets that are drawn from the model's own outputs, as long as its covariance over draws is the
 * curvature of the batch's FSD, the Fisher matrix; its mean is 0. That is √N times the gradient of the mean loss of N examples, each
 * with the root of its weight.
 *
 * @param draws What the targets are drawn with.
 */
export function drawnGradient(likelihood: Likelihood, draws: Draws): Beside {
  const rootsOf = (weights: Tensor | undefined) => weights && tf.sqrt(tf.cast(weights, "float32"));
  return {
    value: (outputs, weights, from) => {
      const drawing = from === 0 ? draws : drawsFrom(draws, from);
      const targets = constant(() => inFloat32(() => likelihood.sample(outputs, drawing))); // or rare ones were never drawn
      return likelihood.loss(outputs, targets, rootsOf(weights));
    },
    scale: (examples, weights) => {
      const roots = rootsOf(weights);
      return roots ? tf.divNoNan(tf.sum(roots), tf.sqrt(tf.sum(tf.square(roots)))) : tf.scalar(Math.sqrt(examples));
    },
  };
}

/** The numbers of a batch's rows from one on. */
function drawsFrom(draws: Draws, row: number): Draws {
  const after = (kind: keyof Draws) => ([rows, ...shape]: readonly number[]): Tensor =>
    tf.slice(draws[kind]([row + rows, ...shape]), row, rows);
  return { uniform: after("uniform"), normal: after("normal"), signs: after("signs") };
}
