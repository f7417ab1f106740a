/**
 * Learning rates, for all parameters together or a block each.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaves } from "../../models/model.ts";
import { positive } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { innerProduct, mapTensors } from "../../runtime/tree.ts";
import { rateStep } from "../rate_step.ts";
import type { Parameterization } from "./parameterization.ts";

/** Options of {@linkcode scalarRate} and {@linkcode perBlockRates}. */
export interface RateOptions {
  /** η₀. Default: 0.01; APO's start-up search makes it matter little. */
  readonly learningRate?: number;
}

/** P = e^φ I: one learning rate, φ = log η. @throws `UserError` for a rate that is not positive. */
export function scalarRate(options: RateOptions = {}): Parameterization {
  return logRates(() => "rate", options);
}

/** P = e^{φ_b} I on each block b: a learning rate a parameter (each kernel, each bias), φ_b = log η_b. @throws likewise. */
export function perBlockRates(options: RateOptions = {}): Parameterization {
  return logRates((parameter) => `rate/${parameter}`, options);
}

function logRates(blockOf: (parameter: string) => string, { learningRate = 0.01 }: RateOptions): Parameterization {
  positive("learningRate", learningRate);
  const blocks = (params: Tensors) => Map.groupBy(Object.keys(params), blockOf);
  const only = (tensors: Tensors, names: string[]) => Object.fromEntries(names.map((name) => [name, tensors[name]]));
  return {
    logRates: true,
    init: (params: Tensors, _leaves: Leaves) =>
      Object.fromEntries([...blocks(params).keys()].map((block) => [block, tf.scalar(Math.log(learningRate))])),
    step: (phi, params, direction) =>
      Object.fromEntries(
        [...blocks(params)].flatMap(([block, names]) => {
          const { x } = rateStep({
            x: only(params, names),
            direction: only(direction, names),
            rate: tf.exp(phi[block]),
          });
          return Object.entries(x);
        }),
      ),
    precondition: (phi, direction) => {
      const rates = mapTensors(phi, (logRate) => tf.exp(logRate));
      return mapTensors(direction, (d, name) => tf.mul(d, rates[blockOf(name)]));
    },
    pullback: (phi, direction, cotangent) =>
      Object.fromEntries([...blocks(direction)].map(([block, names]) => {
        const slope = innerProduct(only(cotangent, names), only(direction, names));
        return [block, tf.mul(slope, tf.exp(phi[block]))];
      })),
    scale: (phi, factor) => mapTensors(phi, (logRate) => tf.add(logRate, tf.log(factor))),
    describe: async (phi) => {
      const entries = Object.entries(phi).map(async ([block, logRate]) =>
        [block, Math.exp((await logRate.data())[0])] as const
      );
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}
