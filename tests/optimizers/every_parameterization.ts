/** The parameterizations in one table. */
import * as tf from "@tensorflow/tfjs";
import {
  diagonal,
  fullMatrix,
  kfacStructured,
  type Leaves,
  type Parameterization,
  perBlockRates,
  type RateOptions,
  scalarRate,
  type Tensors,
} from "../../mod.ts";
import type { Random } from "../../runtime/random.ts";
import { mapTensors } from "../../runtime/tree.ts";

/** Block sizes 2 and 3 divide some of the tests' layer sizes and others not. */
export const parameterizations: Readonly<Record<string, (options?: RateOptions) => Parameterization>> = {
  scalarRate,
  perBlockRates,
  diagonal,
  kfacStructured,
  "kfacStructured, blocks of 2": (options) => kfacStructured({ ...options, blockSize: 2 }),
  "kfacStructured, blocks of 3": (options) => kfacStructured({ ...options, blockSize: 3 }),
  fullMatrix,
  "fullMatrix, free": (options) => fullMatrix({ ...options, free: true }),
};

/** φ away from its start, where nothing is the identity or symmetric any more. */
export function perturbed(
  parameterization: Parameterization,
  params: Tensors,
  leaves: Leaves,
  stream: Random,
): Tensors {
  return tf.tidy(() =>
    mapTensors(parameterization.init(params, leaves), (x) => {
      const noise = tf.tensor(Array.from({ length: x.size }, () => 0.2 * stream.normal()), x.shape);
      return tf.add(x, noise);
    })
  );
}
