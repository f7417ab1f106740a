/**
 * Layers that only rearrange what passes through.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Layer } from "./layer.ts";

const size = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);

/** Gives each example the shape `shape`, such as `[28, 28, 1]` for images that come as vectors. */
export function reshape(shape: readonly number[]): Layer {
  return {
    kind: "reshape",
    build: (inputShape) => {
      if (size(shape) !== size(inputShape)) {
        throw new UserError(`reshape: [${inputShape}] has ${size(inputShape)} values, [${shape}] takes ${size(shape)}`);
      }
      return {
        outputShape: shape,
        leaves: {},
        init: () => ({}),
        apply: (_params, x) => tf.reshape(x, [x.shape[0], ...shape]),
      };
    },
  };
}

/** Makes each example a vector. */
export function flatten(): Layer {
  return { kind: "flatten", build: (inputShape) => reshape([size(inputShape)]).build(inputShape) };
}
