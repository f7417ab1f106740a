/**
 * exp, sigmoid, softplus and tanh on wasm, four numbers at a time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** tfjs's kernels that `assembly/maps.ts` replaces, and its functions. */
export const maps = { Exp: "mapExp", Sigmoid: "mapSigmoid", Softplus: "mapSoftplus", Tanh: "mapTanh" } as const;

/** f(x) for float32 x. The caller frees the result. */
export function map({ backend, kernels }: WorkContext, kernel: keyof typeof maps, x: tf.TensorInfo): tf.TensorInfo {
  const out = backend.makeOutput(x.shape, "float32");
  kernels[maps[kernel]](addressOf(backend, x), addressOf(backend, out), tf.util.sizeFromShape(x.shape));
  return out;
}
