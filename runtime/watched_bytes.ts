/**
 * How much memory tensors need.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What tfjs's engine writes down about data: `tf.memory().numBytes` would count a clone or a reshaped tensor twice. */
type Tracked = WeakMap<object, { readonly bytes: number }>;

/** Watches the memory of tensors until it is disposed of. */
export interface WatchedBytes extends Disposable {
  /** The most bytes that the data of tensors took at a time, beyond those from before; also of tensors that are gone. */
  readonly peak: number;
}

/** Begins to watch. */
export function watchedBytes(): WatchedBytes {
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
  return {
    get peak() {
      return peak;
    },
    [Symbol.dispose]: () => void Object.assign(tracked, { set, delete: remove }),
  };
}
