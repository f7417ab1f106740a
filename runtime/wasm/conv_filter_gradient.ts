/**
 * The gradient of a convolution's filter, which tfjs's wasm backend lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { convolution, type ConvolutionAttributes } from "./convolution.ts";
import { callKernel, free, type WasmBackend } from "./heap.ts";
import { multiply, view } from "./matrix_product.ts";

type Pair = [number, number];

/**
 * Σ over batch and positions of input × output gradient: for each place in the filter the input's pixels under it, times dy.
 * The input is laid out channels first, so that each such product is in the filter's own layout.
 *
 * @param x Input `[batch, height, width, in]`.
 * @param dy Gradient of the output `[batch, outHeight, outWidth, out]`.
 * @param filterShape `[filterHeight, filterWidth, in, out]`, also the result's, which the caller frees.
 */
export function convFilterGradient(
  backend: WasmBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  filterShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): tf.TensorInfo {
  const { padInfo, strideHeight, strideWidth, outHeight, outWidth } = convolution(x.shape, filterShape, attributes);
  const [filterHeight, filterWidth, channels, outChannels] = filterShape;
  const pixels = x.shape[0] * outHeight * outWidth;
  const out = backend.makeOutput(filterShape, "float32");
  if (pixels === 0) backend.typedArrayFromHeap(out).fill(0);
  if (pixels * tf.util.sizeFromShape(filterShape) === 0) return out;

  const planes = callKernel("Transpose", backend, { x }, { perm: [3, 0, 1, 2] });
  const paddings = [[0, 0], [0, 0], [padInfo.top, padInfo.bottom], [padInfo.left, padInfo.right]];
  const padded = callKernel("PadV2", backend, { x: planes }, { paddings, constantValue: 0 });
  const under = backend.makeOutput([channels, pixels], "float32");
  const rows = view(backend, under, 0, channels * pixels);
  const gradients = view(backend, dy, 0, pixels * outChannels); // one view: XNNPACK packs it once
  for (let place = 0; place < filterHeight * filterWidth; place++) {
    const corner: Pair = [Math.floor(place / filterWidth), place % filterWidth];
    copyEveryNth(backend, padded, under, corner, [outHeight, outWidth], [strideHeight, strideWidth]);
    const part = view(backend, out, place * channels * outChannels, channels * outChannels);
    multiply(backend, [rows, gradients, part], [channels, pixels, outChannels]);
    part.release();
  }
  for (const part of [rows, gradients]) part.release();
  free(backend, planes, padded, under);
  return out;
}

/**
 * `to` ← of each plane of `from`, `[…, height, width]`, the pixels from `corner` on, every so many. In JavaScript, because tfjs's
 * StridedSlice takes ten times as long.
 */
function copyEveryNth(
  backend: WasmBackend,
  from: tf.TensorInfo,
  to: tf.TensorInfo,
  [top, left]: Pair,
  [outHeight, outWidth]: Pair,
  [strideHeight, strideWidth]: Pair,
): void {
  const source = backend.typedArrayFromHeap(from), target = backend.typedArrayFromHeap(to);
  const [height, width] = from.shape.slice(-2);
  let next = 0;
  for (let plane = 0; plane < source.length; plane += height * width) {
    for (let row = 0; row < outHeight; row++) {
      let at = plane + (top + row * strideHeight) * width + left;
      for (let column = 0; column < outWidth; column++, at += strideWidth) target[next++] = source[at];
    }
  }
}
