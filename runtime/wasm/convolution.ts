/**
 * The sizes of a convolution.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What tfjs passes to the gradient kernels of `tf.conv2d`; dilation has no gradient in tfjs. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** The sizes of a convolution, from tfjs's own rules. */
export function convolution(
  inputShape: number[],
  filterShape: [number, number, number, number],
  { strides, pad, dataFormat, dimRoundingMode }: ConvolutionAttributes,
): tf.backend_util.Conv2DInfo {
  if (dataFormat !== "NHWC") throw new Error(`conv2d on wasm: dataFormat is ${dataFormat}; only NHWC is supported`);
  const input = inputShape as [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(input, filterShape, strides, 1, pad, dimRoundingMode);
}
