/**
 * Layer normalization.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positive, UserError } from "../../runtime/errors.ts";
import { layerNormalized } from "../../runtime/layer_norm.ts";
import type { Module } from "../module.ts";

/**
 * `$y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot \mathrm{scale} + \mathrm{shift}$` with the mean and the biased variance
 * over the last axis of inputs `[batch, …, size]` (Ba, Kiros & Hinton 2016, arXiv 1607.06450).
 *
 * @param options `epsilon` is added to the variance. Default: 1e-5.
 */
export function layerNorm({ epsilon = 1e-5 }: { readonly epsilon?: number } = {}): Module {
  positive("layerNorm: epsilon", epsilon);
  return {
    kind: "layerNorm",
    build: (site, input) => {
      const size = input.at(-1) ?? 0, shape = [size];
      if (size < 1) throw new UserError(`layerNorm: an input of shape [${input}] has no last axis of known size`);
      const scale = site.param("scale", { shape, role: "scale", init: () => tf.ones(shape) });
      const shift = site.param("shift", { shape, role: "bias", init: () => tf.zeros(shape) });
      return {
        output: input,
        apply: (pass, x) => {
          return layerNormalized(x, { scale: pass.param(scale), shift: pass.param(shift), epsilon });
        },
      };
    },
  };
}
