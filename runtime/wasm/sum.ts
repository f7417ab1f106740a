/**
 * Sums on wasm, several numbers at a time; tfjs's add one after the other, and move the data first where the axes are not the
 * last ones, as in the gradient of every bias.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** What `tf.sum` and `tf.mean` pass beside their tensor. */
export interface SumAttributes {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/**
 * Σ over the first axes, or over the last ones, of a float32 tensor. The caller frees the result.
 *
 * @returns undefined where the axes are neither.
 */
export function sum(
  { backend, kernels }: WorkContext,
  { x }: Inputs,
  { axis, keepDims }: SumAttributes,
): tf.TensorInfo | undefined {
  const rank = x.shape.length, axes = new Set(tf.util.parseAxisParam(axis, x.shape)), count = axes.size;
  if (x.dtype !== "float32" || count === 0) return undefined;
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.has(i));
  const last = kept.every((i) => i < rank - count), first = kept.every((i) => i >= count);
  if (!last && !first) return undefined;
  const size = (indices: readonly number[]) => indices.reduce((product, i) => product * x.shape[i], 1);
  const outer = size(kept), inner = size([...axes]);
  const shape = keepDims ? x.shape.map((n, i) => axes.has(i) ? 1 : n) : kept.map((i) => x.shape[i]);
  const out = backend.makeOutput(shape, "float32");
  const [from, to] = [x, out].map((tensor) => addressOf(backend, tensor));
  if (last) kernels.sumColumns(from, outer, inner, to);
  else kernels.sumRows(from, inner, outer, to);
  return out;
}
