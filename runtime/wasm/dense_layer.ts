/**
 * Dense layers on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DenseActivation } from "../dense_layer.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import { activate } from "./biased.ts";
import type { Inputs, WorkContext } from "./context.ts";

/** activation(x W + b), which the caller frees. */
export function dense(
  context: WorkContext,
  { x, kernel, bias }: Inputs,
  { activation }: { readonly activation: DenseActivation },
): tf.TensorInfo {
  const out = batchMatMul(context, x, kernel);
  activate(context, out, bias, activation, out);
  return out;
}
