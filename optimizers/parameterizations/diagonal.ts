/**
 * A rate for each weight.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import { positive } from "../../runtime/errors.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { RateOptions } from "./log_rates.ts";
import type { Parameterization } from "./parameterization.ts";
import { quantiles } from "./quantiles.ts";

const step = elementwise(({ x, d, s }) => ({ x: x.sub(d.mul(s.square())) }));

/** P = diag(s²): a learning rate a weight. s starts at √η₀; φ has one group, `s`. @throws `UserError` for a rate that is not positive. */
export function diagonal({ learningRate = 0.01 }: RateOptions = {}): Parameterization {
  positive("learningRate", learningRate);
  return {
    init: (params) =>
      Object.fromEntries(
        Object.entries(params).map(([name, x]) => [`s/${name}`, tf.fill(x.shape, Math.sqrt(learningRate))]),
      ),
    step: (phi, params, direction) =>
      step({ x: params, d: direction, s: mapTensors(params, (_, name) => phi[`s/${name}`]) }).x,
    precondition: (phi, direction) => mapTensors(direction, (d, name) => tf.mul(d, tf.square(phi[`s/${name}`]))),
    pullback: (phi, direction, cotangent) =>
      Object.fromEntries(
        Object.entries(direction).map(([name, d]) => [
          `s/${name}`,
          tf.mul(tf.mul(tf.mul(cotangent[name], d), phi[`s/${name}`]), 2),
        ]),
      ),
    scale: (phi, factor) => mapTensors(phi, (s) => tf.mul(s, tf.sqrt(factor))),
    describe: async (phi) => {
      const values = await Promise.all(Object.values(phi).map((s) => s.data()));
      return quantiles("P", values.map((s) => s.map((x) => x * x)));
    },
  };
}
