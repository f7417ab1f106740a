/**
 * The task of classifying digits.
 * @module
 */
import { softmax } from "../proximal/output.ts";
import { convNet, linear, mlp } from "../models/networks/networks.ts";
import { accuracy } from "../training/metrics.ts";
import { type ModelChoice, modelEntry, type Task } from "./task.ts";

const MLP: Required<ModelChoice> = { hidden: [256, 256], activation: "relu" };

/** Handwritten digits (or the ten classes of any IDX files of 28 × 28 images) by softmax cross-entropy. */
export const mnist: Task = {
  name: "mnist",
  description: "classify handwritten digits",
  models: {
    mlp: modelEntry(
      MLP,
      ({ hidden, activation }) => mlp([784, ...hidden, 10], { activation }),
    ),
    linear: modelEntry({}, () => linear(784, 10)),
    conv: modelEntry({}, () => convNet(28, 10)),
  },
  output: softmax(),
  metrics: { accuracy },
  readsFolder: true,
  load: async (folder) => {
    const { digitImages } = await import("../data/digit_images.ts");
    const { classification } = await import("../data/images.ts");
    const { train, test, source } = await digitImages(folder);
    return { train: classification(train), test: classification(test), source };
  },
  defaults: {
    optimizer: "apo-momentum",
    steps: 1500,
    batchSize: 128,
    learningRates: { sgd: 0.1, momentum: 0.02, rmsprop: 0.0005, adam: 0.001 },
  },
};
