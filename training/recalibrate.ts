/**
 * Running statistics of the parameters that are scored and published.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Dataset, disposeBatch } from "../data/dataset.ts";
import type { Sampler } from "../data/sampler.ts";
import { recalibration } from "../models/mode.ts";
import type { Evaluated } from "../optimizers/optimizer.ts";
import type { Model } from "../models/model.ts";
import type { Tree } from "../runtime/tensor.ts";
import { cloneTree, disposeTree, flatten } from "../runtime/tree.ts";

/** How many training batches the statistics are of. */
export const RECALIBRATION_BATCHES = 20;

/** What {@linkcode recalibrated} returns. */
export interface Recalibrated extends Evaluated, Disposable {
  /** Of how many training batches the statistics are: 0 where the model has none. */
  readonly batches: number;
}

/**
 * The buffers that a network has at these parameters. BatchNorm's running statistics lag behind parameters that move, and those of an
 * average of the weights belong to other parameters (Izmailov et al. 2018, arXiv 1803.05407, section 3.2): both falsify what the
 * network computes in inference. They are computed anew as plain means over training batches, without dropout.
 *
 * @param order Which training examples each batch has.
 * @returns The same parameters with these buffers; disposing of it frees the buffers and leaves the parameters alone.
 */
export function recalibrated(
  model: Model,
  { params, buffers }: Evaluated,
  data: Dataset,
  order: Sampler,
): Recalibrated {
  let now = tf.tidy(() => cloneTree(buffers)), batches = 0;
  while (batches < RECALIBRATION_BATCHES) {
    const batch = data.batch(order.indices(batches)), before = now;
    try {
      now = tf.tidy(() => cloneTree(model.apply(params, before, batch.inputs, recalibration(batches)).buffers));
    } finally {
      disposeBatch(batch);
    }
    const changes = batches > 0 || !sameData(before, now);
    disposeTree(before);
    if (!changes) break; // the buffers are no statistics
    batches++;
  }
  return { params, buffers: now, batches, [Symbol.dispose]: () => disposeTree(now) };
}

function sameData(a: Tree, b: Tree): boolean {
  const others = flatten(b);
  return Object.entries(flatten(a)).every(([path, { dataId }]) => others[path].dataId === dataId);
}
