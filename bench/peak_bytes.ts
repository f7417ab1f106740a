/**
 * How much memory tensors need.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What tfjs's engine writes down about data: `tf.memory().numBytes` would count a clone or a reshaped tensor twice. */
type Tracked = WeakMap<object, { readonly bytes: number }>;

/** The most bytes that the data of tensors took at a time while `run` ran, beyond those from before. */
export async function peakBytes(run: () => Promise<unknown>): Promise<number> {
  const tracked = tf.engine().state.tensorInfo as unknown as Tracked;
  const { set, delete: remove } = tracked;
  let bytes = 0, peak = 0;
  tracked.set = function (data, info) {
    bytes += info.bytes;
    peak = Math.max(peak, bytes);
    return set.call(this, data, info);
  };
  tracked.delete = function (data) {
    bytes -= this.get(data)?.bytes ?? 0;
    return remove.call(this, data);
  };
  try {
    await run();
    return peak;
  } finally {
    Object.assign(tracked, { set, delete: remove });
  }
}
