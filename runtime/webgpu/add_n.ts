/**
 * Sums of many tensors on WebGPU.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { free, type KernelCall } from "./kernel_call.ts";

const TERMS = 7; // and the sum: WebGPU promises 8 storage buffers to a shader

/**
 * tfjs's `AddN` binds all of its terms at once. With more than a device allows the operation is invalid, and everything that was
 * submitted together with it is dropped without a word.
 */
export function addFewAtATime(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const terms = call.inputs as unknown as tf.TensorInfo[]; // a list, whatever its type says
    const add = (inputs: tf.TensorInfo[]) =>
      original({ ...call, inputs: inputs as unknown as KernelCall["inputs"] }) as tf.TensorInfo;
    let sum = add(terms.slice(0, TERMS));
    for (let i = TERMS; i < terms.length; i += TERMS - 1) {
      const next = add([sum, ...terms.slice(i, i + TERMS - 1)]);
      free(call, sum);
      sum = next;
    }
    return sum;
  };
}
