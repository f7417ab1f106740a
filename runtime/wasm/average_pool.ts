/**
 * The gradient of average pooling on wasm; tfjs's looks each number's window up.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import type { PoolAttributes } from "./convolution.ts";
import { GEOMETRY, imageBytes, sizesOf, writeGeometry } from "./geometry.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/**
 * The gradient of average pooling of `input` `[batch, height, width, channels]`: each number of the output's gradient `dy` `[batch,
 * outHeight, outWidth, channels]` goes in equal shares to its window. The caller frees the result.
 */
export function averagePoolGradient(
  context: WorkContext,
  { dy, input }: Inputs,
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.TensorInfo {
  const { backend, workspace } = context;
  const shape = input.shape as [number, number, number, number], out = backend.makeOutput(shape, "float32");
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const geometry = workspace.take(GEOMETRY);
  writeGeometry(sizesOf(info), backend, geometry);
  const [slope, to] = [dy, out].map((tensor) => addressOf(backend, tensor));
  const { input: inside, output: outside } = imageBytes(info);
  const loop = { count: info.batchSize, work: NUMBER * tf.util.sizeFromShape(shape) };
  along(context, "averagePoolGradient", loop, ({ from, size }) => {
    return [geometry, slope + from * outside, to + from * inside, size];
  });
  return out;
}
