/**
 * Normalization of channels on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchNormAttributes } from "../batch_norm.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** y, and the mean and the biased variance of each channel, all of which the caller frees. */
export function batchNorm(context: WorkContext, inputs: Inputs, attributes: BatchNormAttributes): tf.TensorInfo[] {
  const { backend, kernels, workspace } = context, { x } = inputs, { rows, columns } = sizes(x);
  const [mean, variance] = [0, 1].map(() => backend.makeOutput([columns], "float32"));
  const scratch = workspace.take(kernels.batchNormBytes(columns));
  const [from, ...statistics] = [x, mean, variance].map((tensor) => addressOf(backend, tensor));
  kernels.moments(from, rows, columns, statistics[0], statistics[1], scratch);
  return [normalize(context, { ...inputs, mean, variance }, attributes), mean, variance];
}

/** y by given statistics, which the caller frees. */
export function normalize(
  { backend, kernels, workspace }: WorkContext,
  { x, mean, variance, scale, shift, addend }: Inputs,
  { epsilon, relu, added }: BatchNormAttributes,
): tf.TensorInfo {
  const { rows, columns } = sizes(x), y = backend.makeOutput(x.shape, "float32");
  const scratch = workspace.take(kernels.batchNormBytes(columns));
  const [from, ...by] = [x, mean, variance, scale, shift].map((tensor) => addressOf(backend, tensor));
  const other = added ? addressOf(backend, addend) : 0;
  kernels.normalize(from, rows, columns, ...by, epsilon, other, relu ? 1 : 0, addressOf(backend, y), scratch);
  return y;
}

/** The gradients of x, scale and shift, and with an addend and relu that of the addend, all of which the caller frees. */
export function batchNormGradient(
  { backend, kernels, workspace }: WorkContext,
  { dy, dMean, dVariance, x, scale, mean, variance, y }: Inputs,
  { epsilon, relu, added }: BatchNormAttributes,
): tf.TensorInfo[] {
  const { rows, columns } = sizes(x), shapes = [x.shape, [columns], [columns], ...relu && added ? [x.shape] : []];
  const results = shapes.map((shape) => backend.makeOutput(shape, "float32"));
  const scratch = workspace.take(kernels.batchNormBytes(columns)),
    at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const [slope, from, ...by] = [dy, x, mean, variance, scale, dMean, dVariance].map(at), output = relu ? at(y) : 0;
  const [dx, dScale, dShift, dz = 0] = results.map(at);
  kernels.batchNormGradient(slope, output, from, rows, columns, ...by, epsilon, dx, dScale, dShift, dz, scratch);
  return results;
}

function sizes({ shape }: tf.TensorInfo): { readonly rows: number; readonly columns: number } {
  return { rows: tf.util.sizeFromShape(shape.slice(0, -1)), columns: shape[shape.length - 1] };
}
