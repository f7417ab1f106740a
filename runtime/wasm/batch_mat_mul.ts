/**
 * Matrix products on wasm. tfjs computes one product without transposes by XNNPACK and everything else (each gradient of
 * a product has a transpose) in a scalar loop, some 20 times slower.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { callKernel, free, reshaped, type WasmBackend } from "./heap.ts";
import { multiply, packed, view } from "./matrix_product.ts";

/**
 * a b or its transposed variants: a `[…, rows, inner]`, b `[…, inner, columns]`, float32, with leading axes that broadcast.
 * The caller frees the result.
 */
export function batchMatMul(
  backend: WasmBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA = false,
  transposeB = false,
): tf.TensorInfo {
  const left = transposeA ? transposed(backend, a) : a;
  const right = transposeB ? transposed(backend, b) : b;
  const [rows, inner] = left.shape.slice(-2);
  const [innerB, columns] = right.shape.slice(-2);
  tf.util.assert(inner === innerB, () => `matMul: the inner sizes ${inner} and ${innerB} differ`);
  const batchA = left.shape.slice(0, -2), batchB = right.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const out = backend.makeOutput([...batch, rows, columns], "float32");
  const count = tf.util.sizeFromShape(batch);
  if (inner === 0) backend.typedArrayFromHeap(out).fill(0);
  else if (count * rows * columns > 0) {
    const shared = tf.util.sizeFromShape(batchB) === 1; // then a's matrices are one tall matrix
    const products = shared ? [[0, 0]] : pairs(batch, batchA, batchB);
    const tall = shared ? count * rows : rows;
    products.forEach(([indexA, indexB], index) => {
      const x = view(backend, left, indexA * rows * inner, tall * inner);
      const y = shared
        ? packed(backend, right, inner, columns)
        : view(backend, right, indexB * inner * columns, inner * columns);
      const z = view(backend, out, index * rows * columns, tall * columns);
      multiply(backend, [x, y, z], [tall, inner, columns]);
      for (const part of [x, y, z]) part.release();
    });
  }
  if (transposeA) free(backend, left);
  if (transposeB) free(backend, right);
  return out;
}

/** The last two axes swapped. The caller frees the result. */
function transposed(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  const [rows, columns] = x.shape.slice(-2), batch = x.shape.slice(0, -2);
  const shape = [...batch, columns, rows];
  // A vector's order in memory stays; tfjs's transpose of an empty tensor divides by zero.
  if (rows === 1 || columns === 1 || tf.util.sizeFromShape(shape) === 0) {
    return callKernel("Reshape", backend, { x }, { shape });
  }
  const matrices = reshaped(x, [tf.util.sizeFromShape(batch), rows, columns]);
  return { ...callKernel("Transpose", backend, { x: matrices }, { perm: [0, 2, 1] }), shape };
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
