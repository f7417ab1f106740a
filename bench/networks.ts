/**
 * What several figures train.
 * @module
 */
import type { Problem } from "../proximal/problem.ts";
import { mnist } from "../tasks/mnist.ts";
import { mnistAutoencoder } from "../tasks/mnist_autoencoder.ts";
import type { ModelChoice, Task } from "../tasks/task.ts";
import { BATCH, mnistMlp } from "./mnist_mlp.ts";
import { randomImages } from "./random_images.ts";
import { randomTranslations, SEQUENCES } from "./random_translations.ts";

/** A network with its data. */
export interface Network {
  /** For people. */
  readonly what: string;
  readonly task: Task;
  readonly problem: Problem;
  readonly batchSize: number;
}

const images = (model: string, choice: ModelChoice = {}) => ({
  task: randomImages,
  problem: { model: randomImages.models[model].build(choice), output: randomImages.output },
  batchSize: 128,
});

const { autoencoder } = mnistAutoencoder.models, { transformer } = randomTranslations.models;

/** The networks by name. */
export const networks = {
  mlp: { what: "the default MLP", task: mnist, problem: mnistMlp(), batchSize: BATCH },
  wide: { what: "784-1000-10", task: mnist, problem: mnistMlp([1000]), batchSize: BATCH },
  autoencoder: {
    what: "8-layer autoencoder",
    task: mnistAutoencoder,
    problem: { model: autoencoder.build({}), output: mnistAutoencoder.output },
    batchSize: 512,
  },
  lenet: { what: "LeNet", ...images("lenet") },
  resnet8: { what: "ResNet-8 of width 16", ...images("resnet", { depth: 8, width: 16 }) },
  resnet20: { what: "ResNet-20", ...images("resnet", { depth: 20, width: 16 }) },
  transformer: {
    what: "a Transformer, 500 tokens",
    task: randomTranslations,
    problem: { model: transformer.build({}), output: randomTranslations.output },
    batchSize: SEQUENCES,
  },
} as const satisfies Readonly<Record<string, Network>>;
