/**
 * Rounding what a kernel has just computed.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { addKernel } from "../mend.ts";
import type { Format } from "./format.ts";
import { roundArray, type RoundAttributes } from "./round.ts";

/**
 * The name of what each backend has for it: input `x`, float32, not empty and the only tensor of its data, which it takes over;
 * attributes `RoundAttributes`.
 */
export const ROUND_RESULT = "ApoRoundResult";

/**
 * A fresh result of a kernel of tfjs's current backend, rounded to the nearest numbers of a format as `roundTo` does it: in place on cpu
 * and wasm, in another buffer on WebGPU. It stays as it is where it is no float32, is empty, or shares its data with another tensor,
 * as a reshaped one does: that has not been computed.
 *
 * @returns What stands in the place of `result`, which the caller must not use any more.
 */
export function roundResult(result: tf.TensorInfo, format: Format): tf.TensorInfo {
  const { dataId, shape, dtype } = result;
  if (dtype !== "float32" || shape.includes(0)) return result;
  const backend = tf.backend();
  if (backend.refCount(dataId) > 1) return result;
  const attrs = { format } as unknown as tf.NamedAttrMap;
  const kernel = tf.getKernel(ROUND_RESULT, tf.getBackend());
  return kernel.kernelFunc({ inputs: { x: result }, backend, attrs }) as tf.TensorInfo;
}

/** Registers it on cpu. */
export function registerRoundResult(): void {
  addKernel(ROUND_RESULT, "cpu", ({ inputs, backend, attrs }) => {
    const { format } = attrs as unknown as RoundAttributes, x = inputs.x!;
    const { data } = backend as unknown as { data: { get(dataId: object): { values: Float32Array | number[] } } };
    const entry = data.get(x.dataId);
    if (!(entry.values instanceof Float32Array)) entry.values = Float32Array.from(entry.values); // tfjs allows any list
    roundArray(entry.values, format);
    return x;
  });
}
