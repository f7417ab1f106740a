/**
 * Layer normalization on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { LayerNormAttributes } from "../layer_norm.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/** As `runtime/layer_norm.ts` says. The caller frees the result. */
export function layerNorm(
  context: WorkContext,
  { x, scale, shift }: Inputs,
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo {
  const { backend } = context, y = backend.makeOutput(x.shape, "float32"), { rows, columns } = sizes(x);
  const [at, a, b, to] = [x, scale, shift, y].map((tensor) => addressOf(backend, tensor)), row = 4 * columns;
  along(context, "layerNorm", { count: rows, work: NUMBER * rows * columns }, ({ from, size }) => {
    return [at + from * row, size, columns, a, b, epsilon, to + from * row];
  });
  return y;
}

/** The gradients of x, scale and shift, which the caller frees. */
export function layerNormGradient(
  { backend, kernels }: WorkContext,
  { dy, x, scale }: Inputs,
  { epsilon }: LayerNormAttributes,
): tf.TensorInfo[] {
  const { rows, columns } = sizes(x);
  const results = [x.shape, [columns], [columns]].map((shape) => backend.makeOutput(shape, "float32"));
  const [slope, from, a, ...to] = [dy, x, scale, ...results].map((tensor) => addressOf(backend, tensor));
  kernels.layerNormGradient(slope, from, rows, columns, a, epsilon, ...to);
  return results;
}

function sizes({ shape }: tf.TensorInfo): { readonly rows: number; readonly columns: number } {
  return { rows: tf.util.sizeFromShape(shape.slice(0, -1)), columns: shape[shape.length - 1] };
}
