/**
 * Convolutions, their gradients and that of max pooling. Of the gradients tfjs's wasm backend lacks one and computes the others in
 * scalar loops; its convolution takes more than twice as long as this one.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

type Shape4 = [number, number, number, number];

/** What tfjs passes to the gradient kernels of `tf.conv2d`; dilation has no gradient in tfjs. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** What tfjs passes to the gradient kernel of `tf.maxPool`. */
export interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/**
 * A convolution, without dilation. The caller frees the result.
 *
 * @param x Input `[batch, height, width, in]`.
 * @param filter `[filterHeight, filterWidth, in, out]`
 * @returns `[batch, outHeight, outWidth, out]`
 */
export function convolution(
  backend: WasmBackend,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  attributes: ConvolutionAttributes,
): tf.TensorInfo {
  const info = described(x.shape, filter.shape, attributes);
  return computed("convolution", backend, info, info.outShape, (out) => [x, filter, out]);
}

/**
 * Σ over batch and positions of input × output gradient. The caller frees the result.
 *
 * @param x Input `[batch, height, width, in]`.
 * @param dy Gradient of the output `[batch, outHeight, outWidth, out]`.
 * @param filterShape `[filterHeight, filterWidth, in, out]`, also the result's.
 */
export function filterGradient(
  backend: WasmBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  filterShape: Shape4,
  attributes: ConvolutionAttributes,
): tf.TensorInfo {
  const info = described(x.shape, filterShape, attributes);
  return computed("filterGradient", backend, info, filterShape, (out) => [x, dy, out]);
}

/**
 * The gradient of the input of a convolution. The caller frees the result.
 *
 * @param dy Gradient of the output `[batch, outHeight, outWidth, out]`.
 * @param filter `[filterHeight, filterWidth, in, out]`
 * @param inputShape `[batch, height, width, in]`, also the result's.
 */
export function inputGradient(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  inputShape: Shape4,
  attributes: ConvolutionAttributes,
): tf.TensorInfo {
  const info = described(inputShape, filter.shape, attributes);
  return computed("inputGradient", backend, info, inputShape, (out) => [out, dy, filter]);
}

/** The sizes of a convolution by tfjs's own rules. */
function described(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dataFormat, dimRoundingMode }: ConvolutionAttributes,
): tf.backend_util.Conv2DInfo {
  if (dataFormat !== "NHWC") throw new Error(`conv2d on wasm: dataFormat is ${dataFormat}; only NHWC is supported`);
  const [input, filter] = [inputShape, filterShape] as [Shape4, Shape4];
  return tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad, dimRoundingMode);
}

/** The numbers in an image with the zeros around it: the input's, or that of the output's gradient where it is larger. */
function paddedSize(info: tf.backend_util.Conv2DInfo): number {
  const { filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
  const input = ((outHeight - 1) * strideHeight + filterHeight) * ((outWidth - 1) * strideWidth + filterWidth);
  const gradient = (inHeight - 1 + filterHeight) * (inWidth - 1 + filterWidth);
  return Math.max(input * info.inChannels, gradient * info.outChannels);
}

/** Runs one of the kernels. `tensors` puts the result among the arguments. */
function computed(
  name: "convolution" | "filterGradient" | "inputGradient",
  backend: WasmBackend,
  info: tf.backend_util.Conv2DInfo,
  shape: number[],
  tensors: (out: tf.TensorInfo) => tf.TensorInfo[],
): tf.TensorInfo {
  const out = backend.makeOutput(shape, "float32"), { filterHeight, filterWidth, inChannels, outChannels } = info;
  if (tf.util.sizeFromShape(info.inShape) * tf.util.sizeFromShape(info.outShape) === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const kernel = kernels(backend), patch = filterHeight * filterWidth * inChannels;
  const line = filterWidth * Math.max(inChannels, outChannels);
  const scratch = kernel.workspace(kernel.convolutionBytes(line, patch, patch * outChannels, paddedSize(info)));
  kernel[name](...tensors(out).map((x) => addressOf(backend, x)), ...geometry(info), outChannels, scratch);
  return out;
}

/**
 * The gradient of max pooling: each number of dy goes to the first largest number of its window. The caller frees the result.
 *
 * @param dy Gradient of the output `[batch, outHeight, outWidth, channels]`.
 * @param input `[batch, height, width, channels]`, also the result's shape.
 */
export function maxPoolGradient(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  input: tf.TensorInfo,
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.TensorInfo {
  const out = backend.makeOutput(input.shape, "float32");
  const info = tf.backend_util.computePool2DInfo(input.shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
  const places = [input, dy, out].map((tensor) => addressOf(backend, tensor));
  kernels(backend).maxPoolGradient(...places, ...geometry(info));
  return out;
}

function geometry(info: tf.backend_util.Conv2DInfo): number[] {
  const { batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, padInfo } = info;
  const { strideHeight, strideWidth, outHeight, outWidth } = info;
  const images = [batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, padInfo.top, padInfo.left];
  return [...images, strideHeight, strideWidth, outHeight, outWidth];
}
