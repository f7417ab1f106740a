/**
 * The task of classifying digits.
 * @module
 */
import { softmax } from "../proximal/output.ts";
import { reshape } from "../models/layers/reshape.ts";
import type { Model } from "../models/model.ts";
import { network } from "../models/network.ts";
import { lenet } from "../models/networks/lenet.ts";
import { convNet, linear, mlp } from "../models/networks/networks.ts";
import { accuracy } from "../training/metrics.ts";
import { residualModels } from "./residual_models.ts";
import { type ChoiceOf, modelEntry, type Task } from "./task.ts";

const MLP: ChoiceOf<"hidden" | "activation"> = { hidden: [256, 256], activation: "relu" };
const IMAGE = [28, 28, 1], CLASSES = 10;

const images = network(reshape(IMAGE), [784]);

/** A model of images for digits, which come as vectors. */
const ofVectors = (model: Model): Model => ({
  ...model,
  apply: (params, buffers, inputs, mode) => {
    const x = images.apply({}, {}, inputs, mode).outputs;
    return model.apply(params, buffers, { x }, mode);
  },
});

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
    lenet: modelEntry({}, () => ofVectors(lenet(IMAGE, CLASSES))),
    ...residualModels(IMAGE, CLASSES, { wrapped: ofVectors }),
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
