/**
 * Sums over many pairs of tensors on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** Σ over pairs of ⟨a, b⟩, a scalar, which the caller frees. Inputs `a0`, `b0`, `a1`, … */
export function innerProduct(context: WorkContext, pairs: Inputs): tf.TensorInfo {
  return total(context, pairs, context.kernels.dot);
}

/** Σ over pairs of ‖a − b‖², likewise. */
export function squaredDistance(context: WorkContext, pairs: Inputs): tf.TensorInfo {
  return total(context, pairs, context.kernels.squaredDistance);
}

function total(
  { backend }: WorkContext,
  pairs: Inputs,
  ofPair: (a: number, b: number, count: number) => number,
): tf.TensorInfo {
  const out = backend.makeOutput([], "float32");
  let sum = 0;
  for (let i = 0; pairs[`a${i}`] !== undefined; i++) {
    const [a, b] = [pairs[`a${i}`], pairs[`b${i}`]];
    sum += ofPair(addressOf(backend, a), addressOf(backend, b), tf.util.sizeFromShape(a.shape));
  }
  backend.typedArrayFromHeap(out)[0] = sum;
  return out;
}
