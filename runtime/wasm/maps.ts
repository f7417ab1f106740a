/**
 * exp, sigmoid, softplus and tanh on wasm, four numbers at a time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";
import { addressOf, kernels } from "./kernels.ts";

/** tfjs's kernels that `assembly/maps.ts` replaces, and its functions. */
export const maps = { Exp: "mapExp", Sigmoid: "mapSigmoid", Softplus: "mapSoftplus", Tanh: "mapTanh" } as const;

/** f(x) for float32 x. The caller frees the result. */
export function map(backend: WasmBackend, kernel: keyof typeof maps, x: tf.TensorInfo): tf.TensorInfo {
  const out = backend.makeOutput(x.shape, "float32");
  kernels(backend)[maps[kernel]](addressOf(backend, x), addressOf(backend, out), tf.util.sizeFromShape(x.shape));
  return out;
}
