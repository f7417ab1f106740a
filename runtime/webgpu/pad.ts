/**
 * Padding on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { callKernel, free } from "./kernel_call.ts";

/**
 * tfjs's pad program handles up to four axes; beyond that its result is wrong. This pads one axis after another of the tensor
 * seen as `[before, axis, after]`.
 */
export function padAxisByAxis(original: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const x = call.inputs.x!;
    const { paddings, constantValue } = call.attrs as unknown as {
      paddings: [number, number][];
      constantValue: number;
    };
    if (x.shape.length <= 4 || tf.util.sizeFromShape(x.shape) === 0) return original(call);
    // A reshape is an alias to be freed like a copy, so that x itself survives the chain.
    let padded = callKernel("Reshape", call, x, { shape: x.shape });
    paddings.forEach(([before, after], axis) => {
      if (before + after === 0) return;
      const shape = padded.shape;
      const outer = tf.util.sizeFromShape(shape.slice(0, axis)), inner = tf.util.sizeFromShape(shape.slice(axis + 1));
      const three = { ...padded, shape: [outer, shape[axis], inner] };
      const next = callKernel("PadV2", call, three, { paddings: [[0, 0], [before, after], [0, 0]], constantValue });
      free(call, padded);
      padded = { ...next, shape: shape.with(axis, before + shape[axis] + after) };
    });
    return padded;
  };
}
