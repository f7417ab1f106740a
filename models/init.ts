/**
 * Initial weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Random, randomTensor } from "../runtime/random.ts";
import type { Tensor } from "../runtime/tensor.ts";

/**
 * A normal distribution with the variance of
 * - `he` (He et al. 2015): 2/fan_in, for relu;
 * - `glorot` (Glorot & Bengio 2010): 2/(fan_in + fan_out), for tanh and sigmoid;
 * - `lecun` (LeCun et al. 1998): 1/fan_in, for linear outputs.
 */
export type Init = "he" | "glorot" | "lecun";

const variance: Record<Init, (fanIn: number, fanOut: number) => number> = {
  he: (fanIn) => 2 / fanIn,
  glorot: (fanIn, fanOut) => 2 / (fanIn + fanOut),
  lecun: (fanIn) => 1 / fanIn,
};

/** A kernel `[…window, in, out]`; the fans count the window. */
export function initialKernel(init: Init, shape: readonly number[], random: Random): Tensor {
  const window = tf.util.sizeFromShape(shape.slice(0, -2));
  const [fanIn, fanOut] = shape.slice(-2).map((n) => n * window);
  const deviation = Math.sqrt(variance[init](fanIn, fanOut));
  return randomTensor([...shape], () => deviation * random.normal());
}
