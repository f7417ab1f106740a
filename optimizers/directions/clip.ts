/**
 * Gradient clipping.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positive } from "../../runtime/errors.ts";
import { globalNorm, mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "./direction.ts";

/**
 * Scales gradients whose global norm exceeds `maxNorm` down to it, as `torch.nn.utils.clip_grad_norm_` (with its 1e-6 in the
 * denominator). Put it first: `chain(clipByGlobalNorm(1), momentum())`. Where the norm's square leaves float32, so that there is no
 * norm (gradients above 1e19), the result is NaN and the step is refused; torch's is then 0.
 *
 * @throws `UserError` unless `maxNorm` is positive.
 */
export function clipByGlobalNorm(maxNorm: number): Direction<Record<never, never>> {
  positive("clipByGlobalNorm: maxNorm", maxNorm);
  return {
    init: () => ({}),
    next: (gradient) => {
      // in this order, as tfjs's wasm takes the smaller of 1 and NaN for 1
      const factor = tf.minimum(tf.div(maxNorm, tf.add(globalNorm(gradient), 1e-6)), 1);
      return { direction: mapTensors(gradient, (g) => tf.mul(g, factor)), state: {} };
    },
  };
}
