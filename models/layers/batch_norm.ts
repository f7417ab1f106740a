/**
 * Batch normalization.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positive, UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Module } from "../module.ts";

/** Options of {@linkcode batchNorm}. */
export interface BatchNormOptions {
  /** How much a step's statistics count in the running ones. Default: 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
}

/**
 * `$y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot \mathrm{scale} + \mathrm{shift}$` by channel, the last axis of inputs
 * `[batch, …, channels]` (Ioffe & Szegedy 2015, arXiv 1502.03167). In training μ and σ² are the batch's; the running ones, which stand
 * in for them in inference, move by `momentum`. As in torch, σ² is the biased variance and the running one is made of unbiased
 * variances, n/(n − 1) σ².
 *
 * @throws `UserError` in training on a batch with one value a channel, whose variance says nothing.
 */
export function batchNorm({ momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions = {}): Module {
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
        apply: (pass, x) => {
          const rows = tf.reshape(x, [-1, channels]), n = rows.shape[0]!;
          if (pass.batchStatistics && n < 2) {
            throw new UserError(`batchNorm: "${site.path}" has one value a channel to train on; give a larger batch`);
          }
          const centre: Tensor = pass.batchStatistics ? tf.mean(rows, 0) : pass.buffer(mean);
          const centred = tf.sub(rows, centre);
          const spread: Tensor = pass.batchStatistics ? tf.mean(tf.square(centred), 0) : pass.buffer(variance);
          pass.average(mean, centre, momentum);
          pass.average(variance, tf.mul(spread, n / Math.max(1, n - 1)), momentum);
          const factor = tf.mul(pass.param(scale), tf.rsqrt(tf.add(spread, epsilon)));
          return tf.reshape(tf.add(tf.mul(centred, factor), pass.param(shift)), x.shape);
        },
      };
    },
  };
}
