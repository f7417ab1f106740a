/**
 * Convolutions, their gradients and that of max pooling. Of the gradients tfjs's wasm backend lacks one and computes the others in
 * scalar loops; its convolution takes more than twice as long as this one.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { GEOMETRY, imageBytes, sizesOf, writeGeometry } from "./geometry.ts";
import { addGroups, mostGroups } from "./groups.ts";
import { addressOf } from "./heap.ts";
import { along, calls, NUMBER, type Part, parts, tasksOf } from "./threads/split.ts";
import { libraryTakesPatches, patchesByLibrary } from "./by_library/patches.ts";
import { type Convolving, winogradKernel, winogradPays, winogradTiles } from "./winograd.ts";
import { libraryPays, winogradByLibrary } from "./by_library/winograd.ts";

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
  context: WorkContext,
  info: tf.backend_util.Conv2DInfo,
  shape: number[],
  tensors: (out: tf.TensorInfo) => tf.TensorInfo[],
): tf.TensorInfo {
  const { backend, kernels, workspace } = context;
  const out = backend.makeOutput(shape, "float32"), { filterHeight, filterWidth, inChannels, outChannels } = info;
  if (tf.util.sizeFromShape(info.inShape) * tf.util.sizeFromShape(info.outShape) === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const patch = filterHeight * filterWidth * inChannels, line = filterWidth * Math.max(inChannels, outChannels);
  const byWinograd = winogradPays(name, info), { batchSize } = info, number = patch * outChannels;
  const places = tensors(out).map((x) => addressOf(backend, x));
  if (byWinograd ? libraryPays(context, info) : libraryTakesPatches(name, context, info)) {
    const [x, second, third] = places, [y, filter] = name === "convolution" ? [third, second] : [second, third];
    (byWinograd ? winogradByLibrary : patchesByLibrary)(name, context, info, { x, y, filter });
    return out;
  }
  const work = 2 * batchSize * info.outHeight * info.outWidth * number;
  const groups = name === "filterGradient" && work >= context.large ? groupsOf(info, byWinograd) : 1;
  const bytes = byWinograd
    ? kernels.winogradBytes(inChannels, outChannels, winogradTiles(Math.max(info.inWidth, info.outWidth)))
    : kernels.convolutionBytes(line, patch, patch * outChannels, paddedSize(info));
  const geometry = workspace.take(GEOMETRY + bytes + (groups > 1 ? 4 * number * groups : 0)),
    scratch = geometry + GEOMETRY;
  writeGeometry(sizesOf(info), backend, geometry);
  const kernel = byWinograd ? winogradKernel[name] : name, options = { scratch: { argument: SCRATCH, bytes } };
  const steps = stepsOf(name, info);
  const call = ({ from, size }: Part) => [geometry, ...places.map((at, i) => at + from * steps[i]), size, scratch];
  if (groups === 1) {
    const most = name === "filterGradient" ? 1 : Math.min(tasksOf(context, work), piecesOf(info, byWinograd));
    calls(context, kernel, parts(batchSize, most).map(call), options);
    return out;
  }
  const sums = scratch + bytes, images = parts(batchSize, groups);
  const into = (part: Part, group: number) => call(part).with(FILTER, sums + 4 * number * group);
  calls(context, kernel, images.map(into), options);
  addGroups(context, sums, images.length, number, places[FILTER - 1]);
  return out;
}

/** Which of the kernels' arguments are the filter's gradient, and memory to work in. */
const FILTER = 3, SCRATCH = 5;

/** The bytes from an image to the next, of each of the tensors; the filter has none. */
function stepsOf(name: Convolving, info: tf.backend_util.Conv2DInfo): readonly [number, number, number] {
  const { input, output } = imageBytes(info);
  return name === "convolution" ? [input, 0, output] : [input, output, 0];
}

/**
 * Into how many parts images may fall: so that what each of them does anew, to transform the filter or to add to its gradient, is little
 * against the rest. 64 tiles are as many as pay for reading a transformed filter; 248 positions are summed over at a time.
 */
function piecesOf({ batchSize, outHeight, outWidth }: tf.backend_util.Conv2DInfo, byWinograd: boolean): number {
  const tiles = winogradTiles(outHeight) * winogradTiles(outWidth);
  const pieces = byWinograd ? batchSize * tiles / 64 : batchSize * outHeight * outWidth / 248;
  return Math.max(1, Math.min(batchSize, Math.floor(pieces)));
}

/** Into how many groups of images the sums of a filter's gradient fall: by its sizes, as the bits depend on it, and not by the threads. */
function groupsOf(info: tf.backend_util.Conv2DInfo, byWinograd: boolean): number {
  const { filterHeight, filterWidth, inChannels, outChannels } = info;
  const most = mostGroups(filterHeight * filterWidth * inChannels * outChannels);
  return Math.max(1, Math.min(most, piecesOf(info, byWinograd)));
}

/**
 * The gradient of max pooling of `input` `[batch, height, width, channels]`: each number of the output's gradient `dy` `[batch,
 * outHeight, outWidth, channels]` goes to the first largest number of its window. The caller frees the result.
 */
export function maxPoolGradient(
  context: WorkContext,
  { dy, input }: Inputs,
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.TensorInfo {
  const { backend, workspace } = context, out = backend.makeOutput(input.shape, "float32");
  const info = tf.backend_util.computePool2DInfo(input.shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode);
  const places = [input, dy, out].map((tensor) => addressOf(backend, tensor));
  const geometry = workspace.take(GEOMETRY);
  writeGeometry(sizesOf(info), backend, geometry);
  const { input: inside, output: outside } = imageBytes(info), steps = [inside, outside, inside];
  const loop = { count: info.batchSize, work: NUMBER * tf.util.sizeFromShape(input.shape) };
  along(context, "maxPoolGradient", loop, ({ from, size }) => {
    return [geometry, ...places.map((at, i) => at + from * steps[i]), size];
  });
  return out;
}
