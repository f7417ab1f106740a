/**
 * How much memory tensors need.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The most bytes that tensors held at a time while `run` ran, beyond those from before. */
export async function peakBytes(run: () => Promise<unknown>): Promise<number> {
  const state = tf.engine().state, before = state.numBytes;
  let bytes = before, peak = before;
  // tf.profile would tell the same, but reads back the result of every kernel
  Object.defineProperty(state, "numBytes", {
    configurable: true,
    get: () => bytes,
    set: (value: number) => peak = Math.max(peak, bytes = value),
  });
  try {
    await run();
    return peak - before;
  } finally {
    Object.defineProperty(state, "numBytes", { configurable: true, enumerable: true, writable: true, value: bytes });
  }
}
