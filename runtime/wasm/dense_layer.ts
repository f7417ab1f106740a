/**
 * Dense layers on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DenseActivation } from "../dense_layer.ts";
import { batchMatMul } from "./batch_mat_mul.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER, tasksOf } from "./threads/split.ts";

/** As `assembly/dense.ts` numbers them. */
const numbers: Readonly<Record<DenseActivation, number>> = { linear: 0, relu: 1, tanh: 2, sigmoid: 3 };

interface Attributes {
  readonly activation: DenseActivation;
}

/** activation(x W + b), which the caller frees. */
export function dense(context: WorkContext, { x, kernel, bias }: Inputs, { activation }: Attributes): tf.TensorInfo {
  const { backend } = context, out = batchMatMul(context, x, kernel), [rows, columns] = out.shape;
  const [z, row] = [out, bias].map((tensor) => addressOf(backend, tensor));
  const work = NUMBER * rows * columns * (activation === "tanh" || activation === "sigmoid" ? 4 : 1);
  along(context, "addBiasAndActivate", { count: rows, work }, ({ from, size }) => {
    return [numbers[activation], z + 4 * from * columns, row, size, columns];
  });
  return out;
}

/** dy ∘ activation′ and the sum of its rows, which the caller frees. */
export function denseGradient(
  context: WorkContext,
  { dy, y }: Inputs,
  { activation }: Attributes,
): tf.TensorInfo[] {
  const { backend } = context, [rows, columns] = y.shape;
  const results = [backend.makeOutput(y.shape, "float32"), backend.makeOutput([columns], "float32")];
  const [slope, output, dz, bias] = [dy, y, ...results].map((tensor) => addressOf(backend, tensor));
  const work = NUMBER * rows * columns;
  if (tasksOf(context, work) === 1) {
    context.kernels.activationGradients(numbers[activation], slope, output, rows, columns, dz, bias);
    return results;
  }
  along(context, "activationGradients", { count: rows, work }, ({ from, size }) => {
    const [dyPart, yPart, dzPart] = [slope, output, dz].map((at) => at + 4 * from * columns);
    return [numbers[activation], dyPart, yPart, size, columns, dzPart, 0];
  });
  along(context, "sumRows", { count: columns, unit: 16, work }, ({ from, size }) => { // in the order of the kernel above
    return [dz + 4 * from, rows, size, bias + 4 * from, columns];
  });
  return results;
}
