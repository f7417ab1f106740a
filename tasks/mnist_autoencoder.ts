/**
 * The task of the deep autoencoder.
 * @module
 */
import { autoencoder } from "../models/networks/networks.ts";
import { bernoulli } from "../proximal/output.ts";
import { reconstructionError } from "../training/metrics.ts";
import { type ChoiceOf, modelEntry, type Task } from "./task.ts";

const HINTON: ChoiceOf<"hidden" | "activation"> = { hidden: [1000, 500, 250, 30], activation: "tanh" };

/**
 * The 8-layer autoencoder 784-1000-500-250-30-250-500-1000-784 (Hinton & Salakhutdinov 2006) with sigmoid outputs and binary
 * cross-entropy. tanh units are our choice; `--activation=relu` is the other one.
 */
export const mnistAutoencoder: Task = {
  name: "mnist-autoencoder",
  description: "squeeze handwritten digits through 30 numbers and paint them again",
  models: {
    autoencoder: modelEntry(HINTON, ({ hidden, activation }) => autoencoder([784, ...hidden], { activation })),
  },
  output: bernoulli(),
  metrics: { reconstructionError },
  readsFolder: true,
  load: async (folder) => {
    const { digitImages } = await import("../data/digit_images.ts");
    const { reconstruction } = await import("../data/images.ts");
    const { train, test, source } = await digitImages(folder);
    return { train: reconstruction(train), test: reconstruction(test), source };
  },
  defaults: {
    optimizer: "apo-diagonal",
    steps: 500,
    batchSize: 512,
    learningRates: { sgd: 0.01, momentum: 0.002, rmsprop: 0.0005, adam: 0.001 },
  },
};
