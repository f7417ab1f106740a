/**
 * Dropout.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Module } from "../module.ts";

/**
 * In training, each value is 0 with probability `rate` and else divided by 1 − rate (Srivastava et al. 2014). All passes of a
 * step drop the same values, so that FSD(θ, θ) = 0; so do two uses of one dropout in a pass.
 *
 * @param rate At least 0 and below 1.
 * @throws `UserError` for another rate.
 */
export function dropout(rate: number): Module {
  if (!(rate >= 0 && rate < 1)) throw new UserError(`dropout: rate is ${rate}; give a number from 0, below 1`);
  return {
    kind: "dropout",
    build: (site, input) => ({
      output: input,
      apply: (pass, x) => {
        if (!pass.training || rate === 0) return x;
        const kept = tf.greaterEqual(pass.random(site.path).uniform(x.shape), rate);
        return tf.mul(x, tf.mul(tf.cast(kept, "float32"), 1 / (1 - rate)));
      },
    }),
  };
}
