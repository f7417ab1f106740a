/**
 * `tf.fused.matMul` on wasm, from its parts: tfjs's own shares the slow loop and the wrong cache of its `BatchMatMul`.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { batchMatMul } from "./batch_mat_mul.ts";
import type { WorkContext } from "./context.ts";
import { callKernel, free } from "./heap.ts";

/** What `tf.fused.matMul` passes beside its tensors. */
export interface FusedAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation: "linear" | "relu" | "relu6" | "elu" | "sigmoid" | "leakyrelu" | "prelu";
  readonly leakyreluAlpha?: number;
}

const kernels = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
};

/** activation(a b + bias). The caller frees the result. */
export function fusedMatMul(
  context: WorkContext,
  { a, b, bias, preluActivationWeights }: Record<string, tf.TensorInfo | undefined>,
  { transposeA, transposeB, activation, leakyreluAlpha }: FusedAttributes,
): tf.TensorInfo {
  const { backend } = context;
  let out = batchMatMul(context, a!, b!, transposeA, transposeB);
  const replace = (next: tf.TensorInfo) => {
    free(backend, out);
    out = next;
  };
  if (bias) replace(callKernel("Add", backend, { a: out, b: bias }));
  if (activation === "prelu") replace(callKernel("Prelu", backend, { x: out, alpha: preluActivationWeights! }));
  else if (activation !== "linear") {
    replace(callKernel(kernels[activation], backend, { x: out }, { alpha: leakyreluAlpha }));
  }
  return out;
}
