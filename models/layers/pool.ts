/**
 * Pooling of images.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Module } from "../module.ts";
import { expectImage, type Padding, windowsOver } from "../windows.ts";
import { padded } from "./conv2d.ts";

/** Options of {@linkcode maxPool} and {@linkcode averagePool}. */
export interface PoolOptions {
  /** Height and width of the window. */
  readonly window: number;
  /** Default: the window. */
  readonly stride?: number;
  /** Default: `"valid"`, no margin; rows and columns left over at the end are dropped. A margin is narrower than the window. */
  readonly padding?: Padding;
}

function pool(
  kind: string,
  f: (x: tf.Tensor4D, window: number, stride: number) => Tensor,
  filling: number,
  options: PoolOptions,
): Module {
  const { window, stride = window, padding = "valid" } = options;
  return {
    kind,
    build: (_site, input) => {
      const windows = windowsOver(kind, input, { window: [window, window], stride, padding });
      if (windows.margins.flat().some((margin) => margin >= window)) {
        throw new UserError(
          `${kind}: padding is ${
            JSON.stringify(padding)
          }; give numbers below the window, ${window}: some windows would be empty`,
        );
      }
      return {
        output: [...windows.counts, input[2]],
        apply: (_pass, x) => f(padded(x, windows, filling) as tf.Tensor4D, window, stride),
      };
    },
  };
}

/** The largest value in each window of inputs `[batch, height, width, channels]`. Margins are never the largest. */
export function maxPool(options: PoolOptions): Module {
  return pool("maxPool", (x, window, stride) => tf.maxPool(x, window, stride, "valid"), -Infinity, options);
}

/** The mean of each window of inputs `[batch, height, width, channels]`. Margins count as zeros. */
export function averagePool(options: PoolOptions): Module {
  return pool("averagePool", (x, window, stride) => tf.avgPool(x, window, stride, "valid"), 0, options);
}

/** The mean of each channel over the whole image: inputs `[batch, height, width, channels]`, outputs `[batch, channels]`. */
export function globalAveragePool(): Module {
  return {
    kind: "globalAveragePool",
    build: (_site, input) => {
      expectImage("globalAveragePool", input);
      return { output: [input[2]], apply: (_pass, x) => tf.mean(x, [1, 2]) };
    },
  };
}
