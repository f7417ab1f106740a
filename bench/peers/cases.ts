/**
 * What is trained here and by peers.
 * @module
 */
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import type { Problem } from "../../proximal/problem.ts";
import type { Dataset } from "../../data/dataset.ts";
import { mnist } from "../../tasks/mnist.ts";
import { mnistAutoencoder } from "../../tasks/mnist_autoencoder.ts";
import type { Task } from "../../tasks/task.ts";
import type { Target } from "../figure.ts";
import type { PeerLayer } from "./torch.ts";

/** Adam's learning rate. */
export const RATE = 1e-3;

/** A model that both train, by Adam. */
export interface Case {
  readonly what: string;
  readonly task: Task;
  readonly model: string;
  readonly hidden?: readonly number[];
  readonly batchSize: number;
  readonly layers: readonly PeerLayer[];
  readonly blockSteps: number;
  /** Left out of quick figures. */
  readonly slow?: boolean;
  readonly target: Target;
  /** With products by OpenBLAS; absent where little of a step is products. */
  readonly withOpenBlas?: Target;
}

const dense = (units: readonly string[]): PeerLayer[] =>
  units.map((activation, i) => ({ kind: "dense", name: `dense${i + 1}`, activation }));
const autoencoding = ["tanh", "tanh", "tanh", "linear", "tanh", "tanh", "tanh", "linear"];

/** The cases in the order of the figure. */
export const cases: readonly Case[] = [
  {
    what: "784-1000-10, batch 128",
    task: mnist,
    model: "mlp",
    hidden: [1000],
    batchSize: 128,
    layers: dense(["relu", "linear"]),
    blockSteps: 10,
    target: { atMost: 1.4 },
    withOpenBlas: { atMost: 0.8 },
  },
  {
    what: "8-layer autoencoder, batch 512",
    task: mnistAutoencoder,
    model: "autoencoder",
    batchSize: 512,
    layers: dense(autoencoding),
    blockSteps: 2,
    slow: true,
    target: { atMost: 2 },
    withOpenBlas: { atMost: 1.1 },
  },
  {
    what: "two convolutions (8, 16), batch 64",
    task: mnist,
    model: "conv",
    batchSize: 64,
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
];

/** What a trainee of a case needs. */
export interface Setting {
  readonly problem: Problem;
  readonly optimizer: Optimizer;
  readonly train: Dataset;
  readonly batchSize: number;
}

/** A case's trainee. Loads the data. */
export async function setting({ task, model, hidden, batchSize }: Case): Promise<Setting> {
  const problem = { model: task.models[model].build({ hidden }), output: task.output };
  const optimizer = catalogued("adam").build(problem, { steps: 1000, learningRate: RATE });
  const { train } = await task.load();
  return { problem, optimizer, train, batchSize };
}
