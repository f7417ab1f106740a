/**
 * The gradients of convolutions and of max pooling, of which tfjs's wasm backend lacks one and computes the others in scalar
 * loops.
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
  const out = backend.makeOutput(filterShape, "float32");
  if (tf.util.sizeFromShape(x.shape) * tf.util.sizeFromShape(dy.shape) === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const { filterGradient, workspace, convolutionBytes } = kernels(backend);
  const scratch = workspace(convolutionBytes(tf.util.sizeFromShape(filterShape.slice(0, 3))));
  const places = [x, dy, out].map((tensor) => addressOf(backend, tensor));
  filterGradient(...places, ...sizes(x.shape as Shape4, filterShape, attributes), scratch);
  return out;
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
  const out = backend.makeOutput(inputShape, "float32"), filterShape = filter.shape as Shape4;
  if (tf.util.sizeFromShape(inputShape) * tf.util.sizeFromShape(dy.shape) === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const { inputGradient, workspace, convolutionBytes } = kernels(backend);
  const scratch = workspace(convolutionBytes(tf.util.sizeFromShape(filterShape.slice(0, 3))));
  const places = [out, dy, filter].map((tensor) => addressOf(backend, tensor));
  inputGradient(...places, ...sizes(inputShape, filterShape, attributes), scratch);
  return out;
}

/** The sizes of a convolution in the kernels' order, by tfjs's own rules. */
function sizes(inputShape: Shape4, filterShape: Shape4, attributes: ConvolutionAttributes): number[] {
  const { strides, pad, dataFormat, dimRoundingMode } = attributes;
  if (dataFormat !== "NHWC") throw new Error(`conv2d on wasm: dataFormat is ${dataFormat}; only NHWC is supported`);
  const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
  return [...geometry(info), info.outChannels];
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
