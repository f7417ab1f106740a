/**
 * Matrix products on wasm. tfjs computes one product without transposes by XNNPACK and everything else (each gradient of
 * a product has a transpose) in a scalar loop, some 20 times slower.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { type Places, products } from "./product.ts";

/**
 * a b or its transposed variants: a `[…, rows, inner]`, b `[…, inner, columns]`, float32, with leading axes that broadcast.
 * The caller frees the result.
 */
export function batchMatMul(
  context: WorkContext,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA = false,
  transposeB = false,
): tf.TensorInfo {
  const { backend } = context, left = layout(a.shape, transposeA), right = layout(b.shape, transposeB);
  const { rows, columns: inner } = left, { columns } = right;
  tf.util.assert(inner === right.rows, () => `matMul: the inner sizes ${inner} and ${right.rows} differ`);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(left.batch, right.batch);
  const out = backend.makeOutput([...batch, rows, columns], "float32");
  const count = tf.util.sizeFromShape(batch);
  if (count * rows * columns === 0) return out;
  if (inner === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const [atA, atB, atOut] = [a, b, out].map((tensor) => addressOf(backend, tensor));
  const shared = tf.util.sizeFromShape(right.batch) === 1 && !transposeA; // then a's matrices are one tall matrix
  const places = (shared ? [[0, 0]] : pairs(batch, left.batch, right.batch)).map(([indexA, indexB], index): Places => {
    const x = atA + 4 * indexA * rows * inner, y = atB + 4 * indexB * inner * columns;
    return [x, y, atOut + 4 * index * rows * columns];
  });
  products(context, { rows: shared ? count * rows : rows, columns, inner, transposeA, transposeB }, places);
  return out;
}

/** A matrix's sizes as the product sees it. */
function layout(shape: number[], transposed: boolean) {
  const batch = shape.slice(0, -2), [height, width] = shape.slice(-2);
  return transposed ? { batch, rows: width, columns: height } : { batch, rows: height, columns: width };
}

/** For each matrix of the result, which of a's and which of b's it is the product of. */
function pairs(batch: number[], batchA: number[], batchB: number[]): [number, number][] {
  const strides = (shape: number[]) => {
    const padded = [...Array(batch.length - shape.length).fill(1), ...shape];
    return padded.map((size, axis) => size === 1 ? 0 : tf.util.sizeFromShape(padded.slice(axis + 1)));
  };
  const stridesA = strides(batchA), stridesB = strides(batchB), stridesOut = strides(batch);
  return Array.from({ length: tf.util.sizeFromShape(batch) }, (_, index) => {
    let indexA = 0, indexB = 0;
    batch.forEach((size, axis) => {
      const at = size === 1 ? 0 : Math.floor(index / stridesOut[axis]) % size;
      indexA += at * stridesA[axis];
      indexB += at * stridesB[axis];
    });
    return [indexA, indexB];
  });
}
