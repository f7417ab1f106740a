/**
 * Dense layers on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DenseActivation } from "../dense_layer.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** As `assembly/dense.ts` numbers them. */
const numbers: Readonly<Record<DenseActivation, number>> = { linear: 0, relu: 1, tanh: 2, sigmoid: 3 };

interface Attributes {
  readonly activation: DenseActivation;
}

/** activation(x W + b), which the caller frees. */
export function dense(backend: WasmBackend, { x, kernel, bias }: Inputs, { activation }: Attributes): tf.TensorInfo {
  const out = batchMatMul(backend, x, kernel), [rows, columns] = out.shape;
  const [z, row] = [out, bias].map((tensor) => addressOf(backend, tensor));
  kernels(backend).addBiasAndActivate(numbers[activation], z, row, rows, columns);
  return out;
}

/** dy ∘ activation′ and the sum of its rows, which the caller frees. */
export function denseGradient(backend: WasmBackend, { dy, y }: Inputs, { activation }: Attributes): tf.TensorInfo[] {
  const [rows, columns] = y.shape;
  const results = [backend.makeOutput(y.shape, "float32"), backend.makeOutput([columns], "float32")];
  const [slope, output, dz, bias] = [dy, y, ...results].map((tensor) => addressOf(backend, tensor));
  kernels(backend).activationGradients(numbers[activation], slope, output, rows, columns, dz, bias);
  return results;
}
