/**
 * Running statistics of parameters that were not trained with them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Dataset, disposeBatch } from "../data/dataset.ts";
import type { Sampler } from "../data/sampler.ts";
import { recalibration } from "../models/mode.ts";
import type { Evaluated } from "../optimizers/optimizer.ts";
import type { Model } from "../models/model.ts";
import { cloneTree, disposeTree } from "../runtime/tree.ts";

/** How many training batches the statistics are of. */
export const RECALIBRATION_BATCHES = 20;

/**
 * The buffers that a network has at other parameters than those that were trained, such as an average of them: BatchNorm's running
 * statistics are those of the trained ones and falsify what the average computes (Izmailov et al. 2018, arXiv 1803.05407, section
 * 3.2). They are computed anew as plain means over training batches, without dropout.
 *
 * @param order Which training examples each batch has.
 * @returns The same parameters with these buffers; disposing of it frees the buffers and leaves the parameters alone.
 */
export function recalibrated(
  model: Model,
  { params, buffers }: Evaluated,
  data: Dataset,
  order: Sampler,
): Evaluated & Disposable {
  let now = tf.tidy(() => cloneTree(buffers));
  for (let i = 0; i < RECALIBRATION_BATCHES; i++) {
    const batch = data.batch(order.indices(i)), before = now;
    try {
      now = tf.tidy(() => cloneTree(model.apply(params, before, batch.inputs, recalibration(i)).buffers));
      disposeTree(before);
    } finally {
      disposeBatch(batch);
    }
  }
  return { params, buffers: now, [Symbol.dispose]: () => disposeTree(now) };
}
