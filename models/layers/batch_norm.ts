/**
 * Batch normalization.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormalized, normalized } from "../../runtime/batch_norm.ts";
import { positive, UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { type Activation, activations, checkActivation } from "../activations.ts";
import type { Built, Module, Pass, Shape } from "../module.ts";

/** Options of {@linkcode batchNorm}. */
export interface BatchNormOptions {
  /** How much a step's statistics count in the running ones. Default: 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
  /** Default: `"linear"`. On wasm relu costs nothing here. */
  readonly activation?: Activation;
}

/** A {@linkcode batchNorm} that knows its input. */
export interface BuiltBatchNorm extends Built {
  /**
   * As {@linkcode Built.apply}.
   *
   * @param addend Added before the activation, as at the end of a residual block: of x's shape. Default: nothing.
   */
  apply(pass: Pass, x: Tensor, addend?: Tensor): Tensor;
}

/**
 * `$y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot \mathrm{scale} + \mathrm{shift}$` by channel, the last axis of inputs
 * `[batch, …, channels]` (Ioffe & Szegedy 2015, arXiv 1502.03167). In training μ and σ² are the batch's; the running ones, which stand
 * in for them in inference, move by `momentum`. As in torch, σ² is the biased variance and the running one is made of unbiased
 * variances, n/(n − 1) σ².
 *
 * @throws `UserError` for a momentum, an ε or an activation that is not allowed, and in training on a batch with one value a channel,
 * whose variance says nothing.
 */
export function batchNorm(
  { momentum = 0.1, epsilon = 1e-5, activation = "linear" }: BatchNormOptions = {},
): Module<Shape, BuiltBatchNorm> {
  checkActivation("batchNorm: activation", activation);
  positive("batchNorm: epsilon", epsilon);
  if (!(momentum > 0 && momentum <= 1)) {
    throw new UserError(`batchNorm: momentum is ${momentum}; give a number above 0, up to 1`);
  }
  return {
    kind: "batchNorm",
    build: (site, input) => {
      const channels = input.at(-1) ?? 0, shape = [channels];
      if (channels < 1) throw new UserError(`batchNorm: an input of shape [${input}] has no channels`);
      const scale = site.param("scale", { shape, role: "scale", init: () => tf.ones(shape) });
      const shift = site.param("shift", { shape, role: "bias", init: () => tf.zeros(shape) });
      const mean = site.buffer("mean", () => tf.zeros(shape)), variance = site.buffer("variance", () => tf.ones(shape));
      return {
        output: input,
        apply: (pass, x, addend) => {
          const n = x.size / channels, relu = activation === "relu";
          const affine = { scale: pass.param(scale), shift: pass.param(shift), epsilon, addend, relu };
          const finished = (y: Tensor): Tensor => relu ? y : activations[activation](y);
          if (!pass.batchStatistics) {
            return finished(normalized(x, { mean: pass.buffer(mean), variance: pass.buffer(variance) }, affine));
          }
          if (n < 2) {
            throw new UserError(`batchNorm: "${site.path}" has one value a channel to train on; give a larger batch`);
          }
          const { y, statistics } = batchNormalized(x, affine);
          pass.average(mean, statistics.mean, momentum);
          pass.average(variance, tf.mul(statistics.variance, n / (n - 1)), momentum);
          return finished(y);
        },
      };
    },
  };
}
