/**
 * Whether shapes agree: without a look, tfjs would broadcast, and a loss would be a wrong number without a word.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import type { Tensor } from "../runtime/tensor.ts";

const { sizeFromShape } = tf.util;

/** A shape of which some lengths, those that are null, may be anything. */
export type PartialShape = readonly (number | null)[];

/** Of the outputs for one batch what holds for all: only how many outputs an example, or a position, has. */
export function shapeOfEach(outputs: readonly number[]): PartialShape {
  return outputs.map((length, axis) => axis > 0 && axis === outputs.length - 1 ? length : null);
}

/** Whether a shape is the other, wherever the other says something. */
export function fits(shape: readonly number[], expected: PartialShape): boolean {
  return shape.length === expected.length && shape.every((length, axis) => (expected[axis] ?? length) === length);
}

/** A shape in words: null is "any". */
export const shapeText = (shape: PartialShape): string => `[${shape.map((length) => length ?? "any").join(", ")}]`;

/**
 * @param name What the argument is called, with the function's name before it.
 * @throws `UserError` unless `tensor` has the shape of the outputs.
 */
export function checkShape(name: string, tensor: Tensor, outputs: PartialShape): void {
  if (fits(tensor.shape, outputs)) return;
  throw new UserError(
    `${name} has the shape ${shapeText(tensor.shape)}, but the outputs have ${
      shapeText(outputs)
    }; give both the same ` +
      `shape${remedy(tensor, outputs)}`,
  );
}

/** How a tensor of as many numbers gets a shape. */
export function remedy(tensor: Tensor, shape: PartialShape): string {
  const known = shape.filter((length) => length !== null);
  const possible = known.length === shape.length && sizeFromShape(known) === tensor.size;
  return possible ? `, for example by reshape(${shapeText(shape)})` : "";
}

/** @throws `UserError` unless the weights have the shape of leading axes of what they weigh. */
export function checkWeights(weights: Tensor, weighed: PartialShape): void {
  if (fits(weights.shape, weighed.slice(0, Math.max(1, weights.rank)))) return;
  const choices = weighed.map((_, axis) => shapeText(weighed.slice(0, axis + 1)));
  throw new UserError(
    `weights has the shape ${shapeText(weights.shape)}, but what it weighs has ${
      shapeText(weighed)
    }; give it the shape of ` +
      `the leading axes: ${choices.join(" or ")}`,
  );
}

/**
 * Whether targets are class numbers, one a row of logits, or else probabilities, one a logit.
 *
 * @throws `UserError` for a shape that is neither's.
 */
export function areClassNumbers(name: string, targets: Tensor, outputs: PartialShape): boolean {
  const rows = outputs.slice(0, -1);
  if (outputs.length > 0 && fits(targets.shape, rows)) return true;
  if (fits(targets.shape, outputs)) return false;
  throw new UserError(
    `${name} has the shape ${shapeText(targets.shape)}, but for outputs of ${shapeText(outputs)} class numbers have ` +
      `${shapeText(rows)} and probabilities ${shapeText(outputs)}; give one of these${remedy(targets, rows)}`,
  );
}
