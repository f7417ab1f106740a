/**
 * What ours and other libraries in JavaScript both train: networks of dense layers on digits.
 * @module
 */
import type { Activation } from "../../models/activations.ts";
import type { Problem } from "../../proximal/problem.ts";
import { mnist } from "../../tasks/mnist.ts";
import { mnistAutoencoder } from "../../tasks/mnist_autoencoder.ts";
import type { Task } from "../../tasks/task.ts";

/** A network and its batches. */
export interface PeerModel {
  readonly what: string;
  readonly task: Task;
  readonly problem: Problem;
  readonly batchSize: number;
  /** Of the layers, `dense1` and so on. */
  readonly activations: readonly Activation[];
  /** Softmax cross-entropy of classes; else binary cross-entropy of each output. */
  readonly classes?: number;
}

const problemOf = ({ models, output }: Task, model: string, hidden?: readonly number[]): Problem => ({
  model: models[model].build({ hidden }),
  output,
});

/** By a name for command lines. */
export const peerModels = {
  mlp: {
    what: "784-1000-10, batch 128",
    task: mnist,
    problem: problemOf(mnist, "mlp", [1000]),
    batchSize: 128,
    activations: ["relu", "linear"],
    classes: 10,
  },
  autoencoder: {
    what: "8-layer autoencoder, batch 512",
    task: mnistAutoencoder,
    problem: problemOf(mnistAutoencoder, "autoencoder"),
    batchSize: 512,
    activations: ["tanh", "tanh", "tanh", "linear", "tanh", "tanh", "tanh", "linear"],
  },
} as const satisfies Record<string, PeerModel>;

/** A network's name. */
export type PeerModelName = keyof typeof peerModels;

/** Of the updates that both make. */
export const RATES = { momentum: 0.02, adam: 0.001 } as const;
/** An update's name. */
export type PeerUpdate = keyof typeof RATES;
