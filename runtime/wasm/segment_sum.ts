/**
 * Sums of rows by segment, which is the gradient of an embedding look-up and which tfjs's wasm backend lacks.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

/**
 * Row s of the result is the sum of x's rows whose segment is s; rows with a segment outside 0 … `count` − 1 are left out.
 *
 * @param x `[…shape of segments, …row]`
 * @param segments int32
 * @returns `[count, …row]` of x's type, which the caller frees.
 */
export function segmentSum(
  backend: WasmBackend,
  x: tf.TensorInfo,
  segments: tf.TensorInfo,
  count: number,
): tf.TensorInfo {
  const rowShape = x.shape.slice(segments.shape.length);
  const rowSize = tf.util.sizeFromShape(rowShape);
  const out = backend.makeOutput([count, ...rowShape], x.dtype);
  if (x.dtype === "float32") {
    const [from, at, to] = [x, segments, out].map((tensor) => addressOf(backend, tensor));
    kernels(backend).segmentSum(from, at, tf.util.sizeFromShape(segments.shape), rowSize, to, count);
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
