/**
 * Gradient clipping.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import { globalNorm, mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "./direction.ts";

/**
 * Scales gradients whose global norm exceeds `maxNorm` down to it, as `torch.nn.utils.clip_grad_norm_` (with its 1e-6 in the
 * denominator). Put it first: `chain(clipByGlobalNorm(1), momentum())`.
 *
 * @throws `UserError` unless `maxNorm` is positive.
 */
export function clipByGlobalNorm(maxNorm: number): Direction<Record<never, never>> {
  if (!(maxNorm > 0)) throw new UserError(`clipByGlobalNorm: maxNorm is ${maxNorm}; give a positive number`);
  return {
    init: () => ({}),
    next: (gradient) => {
      const factor = tf.minimum(1, tf.div(maxNorm, tf.add(globalNorm(gradient), 1e-6)));
      return { direction: mapTensors(gradient, (g) => tf.mul(g, factor)), state: {} };
    },
  };
}
