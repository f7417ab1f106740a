/**
 * Dense layers on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DenseActivation } from "../dense_layer.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** As `assembly/dense.ts` numbers them. */
const numbers: Readonly<Record<DenseActivation, number>> = { linear: 0, relu: 1, tanh: 2, sigmoid: 3 };

interface Attributes {
  readonly activation: DenseActivation;
}

/** activation(x W + b), which the caller frees. */
export function dense(context: WorkContext, { x, kernel, bias }: Inputs, { activation }: Attributes): tf.TensorInfo {
  const { backend, kernels } = context, out = batchMatMul(context, x, kernel), [rows, columns] = out.shape;
  const [z, row] = [out, bias].map((tensor) => addressOf(backend, tensor));
  kernels.addBiasAndActivate(numbers[activation], z, row, rows, columns);
  return out;
}

/** dy ∘ activation′ and the sum of its rows, which the caller frees. */
export function denseGradient(
  { backend, kernels }: WorkContext,
  { dy, y }: Inputs,
  { activation }: Attributes,
): tf.TensorInfo[] {
  const [rows, columns] = y.shape;
  const results = [backend.makeOutput(y.shape, "float32"), backend.makeOutput([columns], "float32")];
  const [slope, output, dz, bias] = [dy, y, ...results].map((tensor) => addressOf(backend, tensor));
  kernels.activationGradients(numbers[activation], slope, output, rows, columns, dz, bias);
  return results;
}
