/**
 * The gradient of a convolution's input on wasm, as a convolution that XNNPACK computes; tfjs's own is a scalar loop.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { convolution, type ConvolutionAttributes } from "./convolution.ts";
import { callKernel, free, reshaped, type WasmBackend } from "./heap.ts";

type Shape4 = [number, number, number, number];

/**
 * dy, with zeros between its pixels where the convolution had strides, convolved with the filter turned by 180° and its channels
 * swapped.
 *
 * @param dy Gradient of the output `[batch, outHeight, outWidth, out]`.
 * @param filter `[filterHeight, filterWidth, in, out]`
 * @param inputShape `[batch, height, width, in]`, also the result's, which the caller frees.
 */
export function convInputGradient(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  inputShape: Shape4,
  attributes: ConvolutionAttributes,
): tf.TensorInfo {
  const { padInfo, strideHeight, strideWidth } = convolution(inputShape, filter.shape as Shape4, attributes);
  if (tf.util.sizeFromShape(inputShape) * tf.util.sizeFromShape(dy.shape) === 0) {
    const empty = backend.makeOutput(inputShape, "float32");
    backend.typedArrayFromHeap(empty).fill(0);
    return empty;
  }
  const [filterHeight, filterWidth] = filter.shape, [, height, width] = inputShape;
  const spread = spreadOut(backend, dy, strideHeight, strideWidth);
  const corner: [number, number] = [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left];
  const framed = frame(backend, spread, corner, [height + filterHeight - 1, width + filterWidth - 1]);
  const turned = callKernel("Reverse", backend, { x: filter }, { dims: [0, 1] });
  const swapped = callKernel("Transpose", backend, { x: turned }, { perm: [0, 1, 3, 2] });
  const plain = { strides: [1, 1], pad: "valid", dataFormat: "NHWC", dilations: [1, 1] };
  const out = callKernel("Conv2D", backend, { x: framed, filter: swapped }, plain);
  free(backend, spread, framed, turned, swapped);
  return out;
}

/** `[batch, height · a, width · b, channels]`: zeros after each pixel and each row. The caller frees the result. */
function spreadOut(backend: WasmBackend, x: tf.TensorInfo, a: number, b: number): tf.TensorInfo {
  const [batch, height, width, channels] = x.shape;
  const follow = (y: tf.TensorInfo, shape: number[], zeros: number) =>
    callKernel("PadV2", backend, { x: reshaped(y, shape) }, {
      paddings: [[0, 0], [0, zeros], [0, 0]],
      constantValue: 0,
    });
  const pixels = follow(x, [batch * height * width, 1, channels], b - 1);
  const rows = follow(pixels, [batch * height, 1, width * b * channels], a - 1);
  free(backend, pixels);
  return { ...rows, shape: [batch, height * a, width * b, channels] };
}

/** `sizes` pixels in which x begins at `corner` (negative: outside), the rest 0. The caller frees the result. */
function frame(
  backend: WasmBackend,
  x: tf.TensorInfo,
  corner: [number, number],
  sizes: [number, number],
): tf.TensorInfo {
  const paddings = corner.map((before, axis) => {
    return [Math.max(0, before), Math.max(0, sizes[axis] - before - x.shape[axis + 1])];
  });
  const padded = callKernel("PadV2", backend, { x }, { paddings: [[0, 0], ...paddings, [0, 0]], constantValue: 0 });
  const begin = [0, ...corner.map((before) => Math.max(0, -before)), 0];
  const framed = callKernel("Slice", backend, { x: padded }, { begin, size: [x.shape[0], ...sizes, x.shape[3]] });
  free(backend, padded);
  return framed;
}
