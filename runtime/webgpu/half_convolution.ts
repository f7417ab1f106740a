/**
 * Convolutions in half precision on WebGPU, as products of matrices that are never written: their numbers are read where images and
 * kernels have them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebgpuBackend } from "./backend.ts";
import { halfProduct } from "./half_product.ts";
import type { KernelCall } from "./kernel_call.ts";

type Geometry = tf.backend_util.Conv2DInfo;

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Conv2D: a row for each place of the window, a term for each weight of it. */
export function halfConvolution({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const x = inputs.x!, filter = inputs.filter!;
  const geometry = geometryOf(x.shape, filter.shape, attrs), { inner, columns, places } = sizesOf(geometry);
  return halfProduct(backend as unknown as WebgpuBackend, {
    ...{ rows: places, columns, inner, batch: 1 },
    operands: `${patches(geometry)}
fn left(batch: i32, row: i32, term: i32) -> f32 { return seen(row, term); }
fn right(batch: i32, term: i32, column: i32) -> f32 { return in1[term * ${columns} + column]; }`,
    byTerm: [true, false],
    inputs: [x, filter],
    shape: geometry.outShape,
  });
}

/** Conv2DBackpropFilter: a row for each weight of the window, a term for each of its places. */
export function halfFilterGradient({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const x = inputs.x!, dy = inputs.dy!, { filterShape } = attrs as unknown as { filterShape: number[] };
  const geometry = geometryOf(x.shape, filterShape, attrs), { inner, columns, places } = sizesOf(geometry);
  return halfProduct(backend as unknown as WebgpuBackend, {
    ...{ rows: inner, columns, inner: places, batch: 1 },
    operands: `${patches(geometry)}
fn left(batch: i32, row: i32, term: i32) -> f32 { return seen(term, row); }
fn right(batch: i32, term: i32, column: i32) -> f32 { return in1[term * ${columns} + column]; }`,
    byTerm: [false, false],
    inputs: [x, dy],
    shape: filterShape,
  });
}

/** Conv2DBackpropInput: a row for each pixel, a term for each weight that saw it and each channel that came of it. */
export function halfInputGradient({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const dy = inputs.dy!, filter = inputs.filter!, { inputShape } = attrs as unknown as { inputShape: number[] };
  const geometry = geometryOf(inputShape, filter.shape, attrs);
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, inChannels, outChannels } = geometry;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo: { top, left } } = geometry;
  return halfProduct(backend as unknown as WebgpuBackend, {
    rows: geometry.batchSize * inHeight * inWidth,
    columns: inChannels,
    inner: filterHeight * filterWidth * outChannels,
    batch: 1,
    operands: `fn left(batch: i32, row: i32, term: i32) -> f32 {
  let weight = term / ${outChannels};
  let y = row / ${inWidth} % ${inHeight} + ${top} - weight / ${filterWidth} * ${dilationHeight};
  let x = row % ${inWidth} + ${left} - weight % ${filterWidth} * ${dilationWidth};
  let outY = y / ${strideHeight};
  let outX = x / ${strideWidth};
  if (y < 0 || x < 0 || outY >= ${outHeight} || outX >= ${outWidth}) { return 0.0; }
  if (y % ${strideHeight} != 0 || x % ${strideWidth} != 0) { return 0.0; }
  let place = (row / ${inWidth * inHeight} * ${outHeight} + outY) * ${outWidth} + outX;
  return in0[place * ${outChannels} + term % ${outChannels}];
}
fn right(batch: i32, term: i32, column: i32) -> f32 {
  return in1[(term / ${outChannels} * ${inChannels} + column) * ${outChannels} + term % ${outChannels}];
}`,
    byTerm: [true, true],
    inputs: [dy, filter],
    shape: inputShape,
  });
}

function geometryOf(inputShape: number[], filterShape: number[], attrs: KernelCall["attrs"]): Geometry {
  const { strides, pad, dilations = 1, dimRoundingMode } = attrs as unknown as Attributes;
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
}

/** Weights of the window, channels that come out, and places of the window in all images. */
function sizesOf({ filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth, batchSize }: Geometry) {
  return {
    inner: filterHeight * filterWidth * inChannels,
    columns: outChannels,
    places: batchSize * outHeight * outWidth,
  };
}

/** WGSL's `seen(place, weight)`: what a weight of the window sees of the images `in0` at a place. */
function patches(geometry: Geometry): string {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterWidth, padInfo: { top, left } } = geometry;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = geometry;
  return `fn seen(place: i32, weight: i32) -> f32 {
  let at = weight / ${inChannels};
  let y = place / ${outWidth} % ${outHeight} * ${strideHeight} + at / ${filterWidth} * ${dilationHeight} - ${top};
  let x = place % ${outWidth} * ${strideWidth} + at % ${filterWidth} * ${dilationWidth} - ${left};
  if (y < 0 || x < 0 || y >= ${inHeight} || x >= ${inWidth}) { return 0.0; }
  let image = place / ${outWidth * outHeight};
  return in0[((image * ${inHeight} + y) * ${inWidth} + x) * ${inChannels} + weight % ${inChannels}];
}`;
}
