/**
 * The test that every number is finite.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor, Tensors } from "./tensor.ts";
import { sumOf } from "./tree.ts";

/** The name of the kernel that tests any number of float32 tensors in one call, none of them empty. */
export const ALL_FINITE = "ApoAllFinite";

/**
 * A boolean scalar: no element is NaN or infinite, nor so large (1e30 and more) that a tensor's sum overflows float32. One pass over
 * the data, and nothing is read back.
 */
export function allFinite(tensors: Tensors): Tensor {
  const floats = Object.values(tensors).filter((x) => x.dtype === "float32" && x.size > 0); // integers are always finite
  if (floats.length > 0 && tf.getKernel(ALL_FINITE, tf.getBackend()) !== undefined) {
    return tf.engine().runKernel(ALL_FINITE, Object.fromEntries(floats.entries())) as Tensor;
  }
  return tf.isFinite(sumOf(floats.map((x) => tf.sum(x))));
}
