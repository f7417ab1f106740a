/**
 * Types of numbers on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebgpuBackend } from "./backend.ts";
import { runJoint } from "./joint.ts";

/**
 * tfjs calls integers and booleans float32 and leaves the bits of integers in the buffer, which only its own programs know. Whatever else
 * reads the buffer, a kernel of ours or a captured step, would take them for floats: this converts them.
 */
export function castInFull(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const x = call.inputs.x!, size = tf.util.sizeFromShape(x.shape), backend = call.backend as unknown as WebgpuBackend;
    const { dtype } = call.attrs as unknown as { dtype: tf.DataType };
    if (dtype !== "float32" || !(x.dtype === "int32" || x.dtype === "bool") || size === 0) return original(call);
    const code = "out0[index] = bitcast<u32>(f32(bitcast<i32>(in0[index])));";
    return runJoint(backend, {
      code,
      element: "u32",
      parts: [size],
      inputs: [x],
      outputs: [{ shape: x.shape, dtype }],
    })[0];
  };
}
