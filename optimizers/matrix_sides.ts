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

const LARGE = 1024, TIMES_THE_OTHER = 8;

/**
 * Which sides `[in, out]` of a parameter's matrix are too large for a square factor of their own: those of more than 1,024, if that is
 * more than 8 times the other side. Such is the vocabulary's side of a map from vectors to the logits of tokens: a factor would have as
 * many numbers as the vocabulary squared, and its inverse would take hours. A method that has a factor for each side has a diagonal
 * one there, or the identity; its docstring says which. Convolutions keep all factors: their windows are of bounded size.
 *
 * @param shape Of the parameter, `[in, out]` or `[entries, size]`.
 */
export function oversized(shape: readonly number[]): [boolean, boolean] {
  const [inputs, outputs] = shape,
    isLarge = (side: number, other: number) => shape.length === 2 && side > LARGE && side > TIMES_THE_OTHER * other;
  return [isLarge(inputs, outputs), isLarge(outputs, inputs)];
}
