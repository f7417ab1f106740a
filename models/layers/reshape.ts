/**
 * Modules that only rearrange what passes through.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Module, Shape } from "../module.ts";

const size = (shape: Shape): number => tf.util.sizeFromShape([...shape]);

/** Gives each example the shape `shape`, such as `[28, 28, 1]` for images that come as vectors. */
export function reshape(shape: Shape): Module {
  return {
    kind: "reshape",
    build: (_site, input) => {
      if (size(shape) !== size(ofKnownSize("reshape", input))) {
        throw new UserError(`reshape: [${input}] has ${size(input)} values, [${shape}] takes ${size(shape)}`);
      }
      return { output: shape, apply: (_pass, x) => tf.reshape(x, [x.shape[0], ...shape]) };
    },
  };
}

/** Makes each example a vector. */
export function flatten(): Module {
  return {
    kind: "flatten",
    build: (site, input) => reshape([size(ofKnownSize("flatten", input))]).build(site, input),
  };
}

/** @throws `UserError` for a shape with a length that varies. */
function ofKnownSize(module: string, shape: Shape): Shape {
  if (shape.some((n) => n < 0)) {
    throw new UserError(`${module}: the length of an input of shape [${shape}] varies; give it a fixed one`);
  }
  return shape;
}
