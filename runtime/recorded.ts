/**
 * What tfjs has recorded of a gradient that is being taken.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/**
 * Whether a number of these came out of an operation within the function whose gradient is being taken, so that it may depend on
 * what the gradient is in.
 */
export function isRecorded(...tensors: readonly (Tensor | undefined)[]): boolean {
  const { activeTape } = tf.engine().state as unknown as { activeTape?: { outputs: tf.Tensor[] }[] | null };
  const floats = tensors.filter((x) => x?.dtype === "float32"); // others have no gradients
  return floats.some((x) => activeTape?.some(({ outputs }) => outputs.some(({ id }) => id === x!.id)));
}
