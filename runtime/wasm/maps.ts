/**
 * exp, sigmoid, softplus and tanh on wasm, four numbers at a time.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/** tfjs's kernels that `assembly/maps.ts` replaces, and its functions. */
export const maps = { Exp: "mapExp", Sigmoid: "mapSigmoid", Softplus: "mapSoftplus", Tanh: "mapTanh" } as const;

/** f(x) for float32 x. The caller frees the result. */
export function map(context: WorkContext, kernel: keyof typeof maps, x: tf.TensorInfo): tf.TensorInfo {
  const { backend } = context, out = backend.makeOutput(x.shape, "float32"), count = tf.util.sizeFromShape(x.shape);
  const [at, to] = [x, out].map((tensor) => addressOf(backend, tensor));
  const work = 4 * NUMBER * count; // an exponential takes as long as to read and write four numbers
  along(context, maps[kernel], { count, unit: 16, work }, ({ from, size }) => [at + 4 * from, to + 4 * from, size]);
  return out;
}
