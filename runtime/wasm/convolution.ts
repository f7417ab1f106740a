/**
 * Convolutions, their gradients and that of max pooling. Of the gradients tfjs's wasm backend lacks one and computes the others in
 * scalar loops; its convolution takes more than twice as long as this one.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { GEOMETRY, sizesOf, writeGeometry } from "./geometry.ts";
import { addressOf } from "./heap.ts";
import { type Convolving, winogradKernel, winogradPays, winogradTiles } from "./winograd.ts";

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
 * A convolution `[batch, outHeight, outWidth, out]` of `x` `[batch, height, width, in]` with `filter` `[filterHeight, filterWidth,
 * in, out]`. The caller frees it.
 *
 * @returns undefined with dilation, with channels first, and for other types than float32.
 */
export function convolution(
  context: WorkContext,
  { x, filter }: Inputs,
  attributes: ConvolutionAttributes & { readonly dilations: [number, number] | number },
): tf.TensorInfo | undefined {
  const isDilated = [attributes.dilations].flat().some((dilation) => dilation !== 1);
  const areFloats = x.dtype === "float32" && filter.dtype === "float32";
  if (isDilated || attributes.dataFormat !== "NHWC" || !areFloats) return undefined;
  const info = described(x.shape, filter.shape, attributes);
  return computed("convolution", context, info, info.outShape, (out) => [x, filter, out]);
}

/**
 * Σ over batch and positions of the input `x` `[batch, height, width, in]` × the output's gradient `dy` `[batch, outHeight, outWidth,
 * out]`. The caller frees the result.
 */
export function filterGradient(
  context: WorkContext,
  { x, dy }: Inputs,
  attributes: ConvolutionAttributes & { readonly filterShape: Shape4 },
): tf.TensorInfo {
  const { filterShape } = attributes, info = described(x.shape, filterShape, attributes);
  return computed("filterGradient", context, info, filterShape, (out) => [x, dy, out]);
}

/**
 * The gradient of a convolution's input, of the output's gradient `dy` `[batch, outHeight, outWidth, out]` and `filter` `[filterHeight,
 * filterWidth, in, out]`. The caller frees it.
 */
export function inputGradient(
  context: WorkContext,
  { dy, filter }: Inputs,
  attributes: ConvolutionAttributes & { readonly inputShape: Shape4 },
): tf.TensorInfo {
  const { inputShape } = attributes, info = described(inputShape, filter.shape, attributes);
  return computed("inputGradient", context, info, inputShape, (out) => [out, dy, filter]);
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
  name: Convolving,
  { backend, kernels, workspace }: WorkContext,
  info: tf.backend_util.Conv2DInfo,
  shape: number[],
  tensors: (out: tf.TensorInfo) => tf.TensorInfo[],
): tf.TensorInfo {
  const out = backend.makeOutput(shape, "float32"), { filterHeight, filterWidth, inChannels, outChannels } = info;
  if (tf.util.sizeFromShape(info.inShape) * tf.util.sizeFromShape(info.outShape) === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const patch = filterHeight * filterWidth * inChannels, line = filterWidth * Math.max(inChannels, outChannels);
  const byWinograd = winogradPays(name, info);
  const bytes = byWinograd
    ? kernels.winogradBytes(inChannels, outChannels, winogradTiles(Math.max(info.inWidth, info.outWidth)))
    : kernels.convolutionBytes(line, patch, patch * outChannels, paddedSize(info));
  const geometry = workspace.take(GEOMETRY + bytes);
  writeGeometry(sizesOf(info), backend, geometry);
  const kernel = kernels[byWinograd ? winogradKernel[name] : name];
  kernel(geometry, ...tensors(out).map((x) => addressOf(backend, x)), info.batchSize, geometry + GEOMETRY);
  return out;
}

/**
 * The gradient of max pooling of `input` `[batch, height, width, channels]`: each number of the output's gradient `dy` `[batch,
 * outHeight, outWidth, channels]` goes to the first largest number of its window. The caller frees the result.
 */
export function maxPoolGradient(
  { backend, kernels, workspace }: WorkContext,
  { dy, input }: Inputs,
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.TensorInfo {
  const out = backend.makeOutput(input.shape, "float32");
  const info = tf.backend_util.computePool2DInfo(input.shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
  const places = [input, dy, out].map((tensor) => addressOf(backend, tensor));
  const geometry = workspace.take(GEOMETRY);
  writeGeometry(sizesOf(info), backend, geometry);
  kernels.maxPoolGradient(geometry, ...places, info.batchSize);
  return out;
}
