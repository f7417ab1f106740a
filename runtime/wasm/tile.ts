/**
 * Repetition of tensors on wasm, as where a mask broadcasts; tfjs looks each number's place up.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf, alias, free } from "./heap.ts";

/** What `tf.tile` passes beside its tensor. */
export interface TileAttributes {
  /** How often along each axis. */
  readonly reps: readonly number[];
}

const WIDTHS: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 }; // bytes

/**
 * x, so many times along each axis. The caller frees the result.
 *
 * @returns undefined for other types, and for repetitions that are no whole numbers.
 */
export function tile(
  { backend, kernels }: WorkContext,
  { x }: Inputs,
  { reps }: TileAttributes,
): tf.TensorInfo | undefined {
  const { dtype } = x, width = WIDTHS[dtype];
  if (width === undefined || !reps.every((times) => Number.isInteger(times) && times >= 0)) return undefined;
  const shape = x.shape.map((n, axis) => n * reps[axis]);
  if (tf.util.sizeFromShape(shape) === 0) return backend.makeOutput(shape, dtype);
  let out = x, count = tf.util.sizeFromShape(x.shape), run = width;
  for (const { size, times } of steps(x.shape, reps)) {
    count /= size;
    run *= size;
    if (times === 1) continue;
    const next = backend.makeOutput([count * run * times / width], dtype);
    kernels.repeatRuns(addressOf(backend, out), count, run, times, addressOf(backend, next));
    if (out !== x) free(backend, out);
    out = next;
    run *= times;
  }
  return { ...out === x ? alias(backend, x) : out, shape };
}

/** The axes from the last one on. One of a single place only repeats more often what is repeated in the axis after it. */
function steps(shape: readonly number[], reps: readonly number[]): { readonly size: number; readonly times: number }[] {
  const all: { size: number; times: number }[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis], times = reps[axis], before = all.at(-1);
    if (size === 1 && before) before.times *= times;
    else all.push({ size, times });
  }
  return all;
}
