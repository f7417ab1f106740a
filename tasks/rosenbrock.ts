/**
 * The task of the Rosenbrock function.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { gaussian } from "../proximal/output.ts";
import { rosenbrockModel } from "../models/networks/rosenbrock.ts";
import type { Batch } from "../proximal/problem.ts";
import { checkIndices } from "../data/dataset.ts";
import { modelEntry, type Task } from "./task.ts";

/**
 * The Rosenbrock function from (−1, 1), or with another seed than 0 from near it, as least squares of two outputs (our choice):
 * the FSD is ½‖r_u − r_θ‖². There are no examples: a batch is the function itself.
 */
export const rosenbrock: Task = {
  name: "rosenbrock",
  description: "the banana-shaped valley, two parameters",
  models: { rosenbrock: modelEntry({}, () => rosenbrockModel()) },
  output: gaussian(),
  metrics: {},
  readsFolder: false,
  load: () =>
    Promise.resolve({
      train: { size: 1, batch },
      source: "the function itself: no data",
    }),
  defaults: {
    optimizer: "apo-full",
    settings: { lambdaFsd: 1, every: 1, metaSteps: 10, metaRate: 0.1 },
    steps: 200,
    batchSize: 1,
    learningRates: { sgd: 0.001, momentum: 0.0005, rmsprop: 0.002, adam: 0.02 },
  },
};

/** The one example: both residuals are to be 0. */
function batch(indices: ArrayLike<number>): Batch {
  checkIndices(indices, 1);
  return { inputs: {}, targets: tf.zeros([1, 2]) };
}
