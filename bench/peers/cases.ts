/**
 * What is trained here and by peers.
 * @module
 */
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import type { Problem } from "../../proximal/problem.ts";
import type { Dataset } from "../../data/dataset.ts";
import { type PeerUpdate, RATES } from "./models.ts";
import { mnist } from "../../tasks/mnist.ts";
import { mnistAutoencoder } from "../../tasks/mnist_autoencoder.ts";
import type { ModelChoice, Task } from "../../tasks/task.ts";
import type { Target } from "../figure.ts";
import { randomImages } from "../random_images.ts";
import { randomTranslations, SEQUENCES } from "../random_translations.ts";
import type { PeerLayer } from "./torch.ts";

/** What ours over torch should be. */
export interface Goals {
  readonly target?: Target;
  /** With products by OpenBLAS. */
  readonly withOpenBlas?: Target;
}

/** A model that both train. The goals are those of one thread each. */
export interface Case extends Goals {
  readonly what: string;
  readonly task: Task;
  readonly model: string;
  readonly choice?: ModelChoice;
  readonly batchSize: number;
  readonly update: PeerUpdate;
  readonly layers: readonly PeerLayer[];
  readonly blockSteps: number;
  /** Left out of quick figures. */
  readonly slow?: boolean;
  readonly onAllCores?: Goals;
}

const dense = (units: readonly string[]): PeerLayer[] =>
  units.map((activation, i) => ({ kind: "dense", name: `dense${i + 1}`, activation }));
const autoencoding = ["tanh", "tanh", "tanh", "linear", "tanh", "tanh", "tanh", "linear"];

const ofImages = { task: randomImages, batchSize: 128, update: "momentum" } as const;

/** A residual network of width 16, its three stages with shortcut A. */
function residual(depth: number): Pick<Case, "model" | "choice" | "layers"> {
  const blocks = (depth - 2) / 6,
    stages = [1, 2, 3].flatMap((stage) =>
      Array.from({ length: blocks }, (_, i): PeerLayer => {
        return { kind: "block", name: `stage${stage}/block${i + 1}`, stride: stage > 1 && i === 0 ? 2 : 1 };
      })
    );
  const layers: PeerLayer[] = [
    { kind: "conv", name: "stem", padding: 1, activation: "linear" },
    { kind: "batchNorm", name: "stem_norm", activation: "relu" },
    ...stages,
    { kind: "globalAveragePool" },
    { kind: "dense", name: "classifier", activation: "linear" },
  ];
  return { model: "resnet", choice: { depth, width: 16 }, layers };
}

/** What `deno task train` trains, at a fixed rate. */
export const defaultMlp: Case = {
  what: "784-256-256-10, batch 128",
  task: mnist,
  model: "mlp",
  batchSize: 128,
  update: "momentum",
  layers: dense(["relu", "relu", "linear"]),
  blockSteps: 20,
};

/** The cases in the order of the figure. */
export const cases: readonly Case[] = [
  {
    what: "784-1000-10, batch 128",
    task: mnist,
    model: "mlp",
    choice: { hidden: [1000] },
    batchSize: 128,
    update: "adam",
    layers: dense(["relu", "linear"]),
    blockSteps: 10,
    target: { atMost: 1.4 },
    withOpenBlas: { atMost: 0.8 },
    onAllCores: { target: { atMost: 2.1 }, withOpenBlas: { atMost: 0.7 } },
  },
  {
    what: "8-layer autoencoder, batch 512",
    task: mnistAutoencoder,
    model: "autoencoder",
    batchSize: 512,
    update: "adam",
    layers: dense(autoencoding),
    blockSteps: 2,
    slow: true,
    target: { atMost: 2 },
    withOpenBlas: { atMost: 1.1 },
    onAllCores: { target: { atMost: 2.1 }, withOpenBlas: { atMost: 0.8 } },
  },
  {
    what: "two convolutions (8, 16), batch 64",
    task: mnist,
    model: "conv",
    batchSize: 64,
    update: "adam",
    layers: [
      { kind: "reshape", shape: [28, 28, 1] },
      { kind: "conv", name: "conv1", activation: "relu" },
      { kind: "maxPool", window: 2 },
      { kind: "conv", name: "conv2", activation: "relu" },
      { kind: "maxPool", window: 2 },
      { kind: "flatten" },
      { kind: "dense", name: "dense1", activation: "relu" },
      { kind: "dense", name: "dense2", activation: "linear" },
    ],
    blockSteps: 10,
    target: { atMost: 1.5 },
  },
  {
    ...ofImages,
    what: "LeNet, batch 128",
    model: "lenet",
    layers: [
      { kind: "conv", name: "conv1", padding: 0, activation: "relu" },
      { kind: "maxPool", window: 2 },
      { kind: "conv", name: "conv2", padding: 0, activation: "relu" },
      { kind: "maxPool", window: 2 },
      { kind: "flatten" },
      ...dense(["relu", "relu", "linear"]),
    ],
    blockSteps: 10,
    target: { atMost: 1.4 },
  },
  {
    ...ofImages,
    ...residual(8),
    what: "ResNet-8 of width 16, batch 128",
    blockSteps: 2,
    target: { atMost: 1.4 },
    withOpenBlas: { atMost: 1 },
  },
  {
    ...ofImages,
    ...residual(20),
    what: "ResNet-20, batch 128",
    blockSteps: 1,
    slow: true,
    target: { atMost: 1.5 },
    withOpenBlas: { atMost: 1 },
  },
  {
    what: "a Transformer (width 128, 2 + 2 layers, 4,000 words), 500 tokens",
    task: randomTranslations,
    model: "transformer",
    choice: { dropout: 0 },
    batchSize: SEQUENCES,
    update: "adam",
    layers: [{ kind: "transformer", heads: 4, layers: 2, labelSmoothing: 0.1 }],
    blockSteps: 2,
    target: { atMost: 1.5 },
    withOpenBlas: { atMost: 1 },
  },
];

/** What a trainee of a case needs. */
export interface Setting {
  readonly problem: Problem;
  readonly optimizer: Optimizer;
  readonly train: Dataset;
  readonly batchSize: number;
}

/** A case's trainee. Loads the data. */
export async function setting({ task, model, choice = {}, batchSize, update }: Case): Promise<Setting> {
  const problem = { model: task.models[model].build(choice), output: task.output };
  const optimizer = catalogued(update).build(problem, { steps: 1000, learningRate: RATES[update] });
  const { train } = await task.load();
  return { problem, optimizer, train, batchSize };
}
