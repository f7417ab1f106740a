/**
 * Parts of tensors on wasm; tfjs copies along the last axis only at a time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** What `tf.slice` passes beside its tensor. */
export interface SliceAttributes {
  readonly begin: number | number[];
  readonly size: number | number[];
}

/** An axis, or several neighbouring ones of which all but the first are taken whole. */
interface Axis {
  /** How many places are taken. */
  readonly count: number;
  /** Numbers from a place to the next. */
  readonly step: number;
}

/**
 * The part of a float32 tensor that begins at `begin`. The caller frees the result.
 *
 * @returns undefined for other types and for tensors without axes.
 */
export function slice(
  { backend, kernels }: WorkContext,
  { x }: Inputs,
  attributes: SliceAttributes,
): tf.TensorInfo | undefined {
  if (x.dtype !== "float32" || x.shape.length === 0) return undefined;
  const [begin, sizes] = tf.slice_util.parseSliceParams(x as tf.Tensor, attributes.begin, attributes.size);
  const out = backend.makeOutput(sizes, "float32"), strides = [...tf.util.computeStrides(x.shape), 1];
  if (tf.util.sizeFromShape(sizes) === 0) return out;
  const axes: Axis[] = [];
  sizes.forEach((count, i) => {
    const before = axes.at(-1);
    if (before && count === x.shape[i]) axes[axes.length - 1] = { count: before.count * count, step: strides[i] };
    else axes.push({ count, step: strides[i] });
  });
  const [rows, run] = axes.length > 1 ? axes.slice(-2) : [{ count: 1, step: 0 }, axes[0]];
  let to = addressOf(backend, out);
  const copy = (from: number, outer: readonly Axis[]): void => {
    if (outer.length > 0) {
      const [{ count, step }, ...inner] = outer;
      for (let i = 0; i < count; i++) copy(from + 4 * i * step, inner);
      return;
    }
    kernels.copyRuns(from, 4 * rows.step, rows.count, run.count, to);
    to += 4 * rows.count * run.count;
  };
  const offset = begin.reduce((sum, first, i) => sum + first * strides[i], 0);
  copy(addressOf(backend, x) + 4 * offset, axes.slice(0, -2));
  return out;
}
