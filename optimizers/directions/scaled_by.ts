/**
 * Directions of another length.
 * @module
 */
import { scaled } from "../../runtime/elementwise/scaled.ts";
import * as tf from "@tensorflow/tfjs";
import { positive } from "../../runtime/errors.ts";
import type { Direction } from "./direction.ts";

/**
 * Multiplies what comes in by a constant: the last of a `chain`, it makes one group's learning rate another than the others'.
 *
 * @throws `UserError` unless `factor` is positive.
 */
export function scaledBy(factor: number): Direction<Record<never, never>> {
  positive("scaledBy: factor", factor);
  return {
    init: () => ({}),
    next: (gradient) => ({ direction: scaled({ x: gradient, factor: tf.scalar(factor) }).x, state: {} }),
  };
}
