/**
 * Normalization of channels on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchNormAttributes } from "../batch_norm.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/** y, and the mean and the biased variance of each channel, all of which the caller frees. */
export function batchNorm(context: WorkContext, inputs: Inputs, attributes: BatchNormAttributes): tf.TensorInfo[] {
  const { backend, kernels, workspace } = context, { x } = inputs, { rows, columns } = sizes(x);
  const [mean, variance] = [0, 1].map(() => backend.makeOutput([columns], "float32"));
  const bytes = kernels.batchNormBytes(columns), scratch = workspace.take(bytes);
  const places = [x, mean, variance].map((tensor) => addressOf(backend, tensor));
  const loop = { count: columns, unit: LINE, work: NUMBER * rows * columns, scratch: { argument: 6, bytes } };
  along(context, "moments", loop, ({ from, size }) => {
    const [at, ...results] = places.map((place) => place + 4 * from);
    return [at, rows, size, columns, ...results, scratch];
  });
  return [normalize(context, { ...inputs, mean, variance }, attributes), mean, variance];
}

/** y by given statistics, which the caller frees. */
export function normalize(
  context: WorkContext,
  { x, mean, variance, scale, shift, addend }: Inputs,
  { epsilon, relu, added }: BatchNormAttributes,
): tf.TensorInfo {
  const { backend, kernels, workspace } = context, { rows, columns } = sizes(x);
  const y = backend.makeOutput(x.shape, "float32");
  const bytes = kernels.batchNormBytes(columns), scratch = workspace.take(bytes);
  const [at, ...by] = [x, mean, variance, scale, shift].map((tensor) => addressOf(backend, tensor));
  const other = added ? addressOf(backend, addend) : 0, to = addressOf(backend, y);
  const loop = { count: rows, work: NUMBER * rows * columns, scratch: { argument: 11, bytes } };
  along(context, "normalize", loop, ({ from, size }) => {
    const skip = 4 * from * columns, also = other && other + skip;
    return [at + skip, size, columns, ...by, epsilon, also, relu ? 1 : 0, to + skip, scratch];
  });
  return y;
}

/** The gradients of x, scale and shift, and with an addend and relu that of the addend, all of which the caller frees. */
export function batchNormGradient(
  context: WorkContext,
  { dy, dMean, dVariance, x, scale, mean, variance, y }: Inputs,
  { epsilon, relu, added }: BatchNormAttributes,
): tf.TensorInfo[] {
  const { backend, kernels, workspace } = context, { rows, columns } = sizes(x), work = NUMBER * rows * columns;
  const shapes = [x.shape, [columns], [columns], ...relu && added ? [x.shape] : []];
  const results = shapes.map((shape) => backend.makeOutput(shape, "float32"));
  const bytes = kernels.batchNormBytes(columns), factors = workspace.take(12 * columns + bytes);
  const scratch = factors + 12 * columns, place = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const [slope, at, ...by] = [dy, x, mean, variance, scale, dMean, dVariance].map(place), output = relu ? place(y) : 0;
  const [dx, dScale, dShift, dz = 0] = results.map(place);
  const loop = { count: columns, unit: LINE, work: 2 * work, scratch: { argument: 16, bytes } };
  along(context, "batchNormGradient", loop, ({ from, size }) => {
    const part = (place: number) => place && place + 4 * from;
    const inputs = [slope, output, at].map(part), sums = [factors, dScale, dShift, dz].map(part);
    return [...inputs, rows, size, columns, ...by.map(part), epsilon, ...sums, scratch];
  });
  const [masked, mask] = dz ? [dz, 0] : [slope, output]; // what is masked need not be again
  along(context, "batchNormInputGradient", { count: rows, work }, ({ from, size }) => {
    const skip = 4 * from * columns;
    return [masked + skip, mask && mask + skip, at + skip, size, columns, by[0], factors, dx + skip];
  });
  return results;
}

/** Numbers in a line of the cache: of fewer columns no thread gets a part, as all would read every line. */
const LINE = 16;

function sizes({ shape }: tf.TensorInfo): { readonly rows: number; readonly columns: number } {
  return { rows: tf.util.sizeFromShape(shape.slice(0, -1)), columns: shape[shape.length - 1] };
}
