/**
 * Sums of rows by segment, which is the gradient of an embedding look-up and which tfjs's wasm backend lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/**
 * Row s of the result is the sum of x's rows whose segment is s; rows with a segment outside 0 … `numSegments` − 1 are left out.
 *
 * @param inputs `x` `[…shape of segmentIds, …row]`, and `segmentIds`, int32.
 * @returns `[numSegments, …row]` of x's type, which the caller frees.
 */
export function segmentSum(
  { backend, kernels }: WorkContext,
  { x, segmentIds: segments }: Inputs,
  { numSegments: count }: { readonly numSegments: number },
): tf.TensorInfo {
  const rowShape = x.shape.slice(segments.shape.length);
  const rowSize = tf.util.sizeFromShape(rowShape);
  const out = backend.makeOutput([count, ...rowShape], x.dtype);
  if (x.dtype === "float32") {
    const [from, at, to] = [x, segments, out].map((tensor) => addressOf(backend, tensor));
    kernels.segmentSum(from, at, tf.util.sizeFromShape(segments.shape), rowSize, to, count);
    return out;
  }
  const from = backend.typedArrayFromHeap(x), to = backend.typedArrayFromHeap(out);
  to.fill(0);
  backend.typedArrayFromHeap(segments).forEach((segment, row) => {
    if (segment < 0 || segment >= count) return;
    const source = row * rowSize, target = segment * rowSize;
    for (let i = 0; i < rowSize; i++) to[target + i] += from[source + i];
  });
  return out;
}
