/**
 * Sums on wasm, several numbers at a time; tfjs's add one after the other, and move the data first where the axes are not the
 * last ones, as in the gradient of every bias.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/** What `tf.sum` and `tf.mean` pass beside their tensor. */
export interface SumAttributes {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/**
 * Σ over neighbouring axes of a float32 tensor. The caller frees the result.
 *
 * @returns undefined where the axes are no neighbours.
 */
export function sum(
  context: WorkContext,
  { x }: Inputs,
  { axis, keepDims }: SumAttributes,
): tf.TensorInfo | undefined {
  const { backend } = context;
  const rank = x.shape.length, axes = new Set(tf.util.parseAxisParam(axis, x.shape)), count = axes.size;
  if (x.dtype !== "float32" || count === 0) return undefined;
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.has(i));
  const start = Math.min(...axes), end = start + count;
  if (!kept.every((i) => i < start || i >= end)) return undefined;
  const size = (indices: readonly number[]) => indices.reduce((product, i) => product * x.shape[i], 1);
  const before = size(kept.filter((i) => i < start)),
    after = size(kept.filter((i) => i >= end)),
    inner = size([...axes]);
  const shape = keepDims ? x.shape.map((n, i) => axes.has(i) ? 1 : n) : kept.map((i) => x.shape[i]);
  const out = backend.makeOutput(shape, "float32");
  const [at, to] = [x, out].map((tensor) => addressOf(backend, tensor)), work = 0.5 * NUMBER * before * inner * after;
  if (end === rank) {
    along(context, "sumColumns", { count: before, work }, ({ from, size }) => {
      return [at + 4 * from * inner, size, inner, to + 4 * from];
    });
  } else if (before === 1) {
    along(context, "sumRows", { count: after, unit: 16, work }, ({ from, size }) => {
      return [at + 4 * from, inner, size, to + 4 * from, after];
    });
  } else {
    along(context, "sumMiddle", { count: before, work }, ({ from, size }) => {
      return [at + 4 * from * inner * after, size, inner, after, to + 4 * from * after];
    });
  }
  return out;
}

/**
 * The mean over neighbouring axes between others, as of each channel over an image. The caller frees the result.
 *
 * @returns undefined for other axes: tfjs's kernel takes the first and the last ones as they are.
 */
export function mean(context: WorkContext, inputs: Inputs, attributes: SumAttributes): tf.TensorInfo | undefined {
  const { x } = inputs, axes = tf.util.parseAxisParam(attributes.axis, x.shape);
  if (axes.length === 0 || axes.includes(0) || axes.includes(x.shape.length - 1)) return undefined;
  const total = sum(context, inputs, attributes);
  if (!total) return undefined;
  const values = context.backend.typedArrayFromHeap(total),
    count = axes.reduce((product, i) => product * x.shape[i], 1);
  for (let i = 0; i < values.length; i++) values[i] /= count;
  return total;
}
