/**
 * Whether targets and model belong together.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { inference } from "../models/mode.ts";
import type { Problem } from "../proximal/problem.ts";
import { checkWeights, type PartialShape } from "../proximal/shapes.ts";
import { UserError } from "../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { type Dataset, described, disposeBatch } from "../data/dataset.ts";

/** What to train on, and what to test on. */
interface Parts {
  readonly train: Dataset;
  readonly test?: Dataset;
}

/**
 * The same data, with a look at each batch's targets as it comes, on the host: nothing is read back from a device. The shapes, and all
 * labels that the data tell beforehand, are looked at here.
 *
 * @throws `UserError` for targets or weights that do not fit the model's outputs, and so do the batches.
 */
export function checkedTargets(problem: Problem, params: Tensors, buffers: Tree, { train, test }: Parts): Parts {
  if (problem.output === undefined) { // where nothing checks types: notebooks, JavaScript
    throw new UserError("problem.output is missing; give softmax(), bernoulli(), gaussian() or { loss, discrepancy }");
  }
  const checked = (part: string, data: Dataset): Dataset => {
    const check = (outputs: PartialShape, targets: Tensor, weights?: Tensor) => {
      try {
        if (weights) checkWeights(weights, outputs);
        problem.output.check?.(outputs, targets, weights);
      } catch (error) {
        throw error instanceof UserError ? new UserError(`${part} data: ${error.message}`) : error;
      }
    };
    let weighted = false;
    const ofExample = tf.tidy(() => {
      const { inputs, targets, weights } = data.batch([0]);
      const { shape } = problem.model.apply(params, buffers, inputs, inference).outputs;
      check(shape, targets, weights);
      weighted = weights !== undefined;
      return shape;
    });
    const shape: PartialShape = ofExample.map((length, axis) =>
      axis > 0 && axis === ofExample.length - 1 ? length : null
    );
    const { labels } = data;
    if (labels && shape.length === 2 && !weighted) { // a weight of 0 lets a label be anything: then batches tell
      tf.tidy(() => check(shape, tf.tensor1d(Float32Array.from(labels))));
    }
    return {
      ...described(data),
      batch: (indices) => {
        const batch = data.batch(indices);
        try {
          check(shape, batch.targets, batch.weights);
        } catch (error) {
          disposeBatch(batch);
          throw error;
        }
        return batch;
      },
    };
  };
  return { train: checked("training", train), ...test && { test: checked("test", test) } };
}
