/**
 * Pooling of images.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";
import { expectImage, windows } from "./conv2d.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode maxPool} and {@linkcode averagePool}. */
export interface PoolOptions {
  /** Height and width of the window. */
  readonly window: number;
  /** As the window unless given. */
  readonly stride?: number;
}

function pool(
  kind: string,
  f: (x: tf.Tensor4D, window: number, stride: number) => Tensor,
  options: PoolOptions,
): Layer {
  const { window, stride = window } = options;
  return {
    kind,
    build: (inputShape) => {
      expectImage(kind, inputShape);
      const [height, width, channels] = inputShape;
      return {
        outputShape: [windows(height, window, stride, "valid"), windows(width, window, stride, "valid"), channels],
        leaves: {},
        init: () => ({}),
        apply: (_params, x) => f(x as tf.Tensor4D, window, stride),
      };
    },
  };
}

/** The largest value in each window of inputs `[batch, height, width, channels]`. */
export function maxPool(options: PoolOptions): Layer {
  return pool("maxPool", (x, window, stride) => tf.maxPool(x, window, stride, "valid"), options);
}

/** The mean of each window of inputs `[batch, height, width, channels]`. */
export function averagePool(options: PoolOptions): Layer {
  return pool("averagePool", (x, window, stride) => tf.avgPool(x, window, stride, "valid"), options);
}

/** The mean of each channel over the whole image: inputs `[batch, height, width, channels]`, outputs `[batch, channels]`. */
export function globalAveragePool(): Layer {
  return {
    kind: "globalAveragePool",
    build: (inputShape) => {
      expectImage("globalAveragePool", inputShape);
      return { outputShape: [inputShape[2]], leaves: {}, init: () => ({}), apply: (_params, x) => tf.mean(x, [1, 2]) };
    },
  };
}
