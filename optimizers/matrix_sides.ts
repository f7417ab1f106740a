/**
 * Parameters as matrices.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaf } from "../models/model.ts";

/**
 * `[in, out]` of the matrix that a parameter is (a convolution's is `[height · width · in, out]`), or undefined where it is none.
 * Without a leaf to tell its role, what has two axes and more is a matrix.
 */
export function matrixSides(shape: readonly number[], leaf?: Leaf): [number, number] | undefined {
  if (shape.length < 2 || leaf?.role === "bias" || leaf?.role === "scale") return undefined;
  const outputs = shape[shape.length - 1];
  return [tf.util.sizeFromShape([...shape]) / outputs, outputs];
}

const LARGE = 2048, TIMES_THE_OTHER = 8;

/**
 * Which sides of a parameter's matrix are a vocabulary's, and too large for a square factor of their own: the outputs of a kernel
 * `[in, out]` and the entries of a table `[entries, size]`, if they are more than 2,048, and more than 8 times the other side. A factor
 * would have as many numbers as the vocabulary squared, and its inverse would take hours. A method that has a factor for each side has
 * a diagonal one there, or the identity; its docstring says which. Inputs and convolutions keep their factors.
 *
 * @param leaf Without one it is a kernel.
 */
export function oversized(shape: readonly number[], leaf?: Leaf): [boolean, boolean] {
  const [first, second] = shape, isTable = leaf?.role === "embedding";
  const [side, other] = isTable ? [first, second] : [second, first];
  const isLarge = shape.length === 2 && side > LARGE && side > TIMES_THE_OTHER * other;
  return [isLarge && isTable, isLarge && !isTable];
}
