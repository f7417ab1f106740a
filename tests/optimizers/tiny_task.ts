/** A small classification task in a few tensors that are made once, and the loop that trains on it. */
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  type Carry,
  mlp,
  type Model,
  type Optimizer,
  type Problem,
  softmax,
  type Tensors,
  type Tree,
} from "../../mod.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { disposeTree, flatten } from "../../runtime/tree.ts";

export interface Task {
  readonly problem: Problem;
  /** B of a step; the batches repeat. */
  batch(step: number): Batch;
  /** B′ of a step. */
  metaBatch(step: number): Batch;
  dispose(): void;
}

export interface TaskOptions {
  readonly model?: Model;
  readonly batches?: number;
  readonly batchSize?: number;
  /** The standard deviation within a class, in units of that of the class means. */
  readonly spread?: number;
}

const INPUTS = 4, CLASSES = 3;

/** Gaussian clusters, one a class; another call with the same seed gives the same numbers. */
export function clusters(
  seed: number,
  { model = mlp([INPUTS, 6, CLASSES]), batches = 8, batchSize = 16, spread = 0.4 }: TaskOptions = {},
): Task {
  const stream = random(seed, "clusters");
  const means = Array.from({ length: CLASSES }, () => Array.from({ length: INPUTS }, () => stream.normal()));
  const make = (): Batch => {
    const labels = Int32Array.from({ length: batchSize }, () => stream.integer(CLASSES));
    let next = 0;
    const x = randomTensor([batchSize, INPUTS], () => {
      const [row, column] = [Math.floor(next / INPUTS), next++ % INPUTS];
      return means[labels[row]][column] + spread * stream.normal();
    });
    return { inputs: { x }, targets: tf.tensor1d(labels, "int32") };
  };
  const train = Array.from({ length: batches }, make), meta = Array.from({ length: batches }, make);
  return {
    problem: { model, output: softmax() },
    batch: (step) => train[step % batches],
    metaBatch: (step) => meta[step % batches],
    dispose: () => [...train, ...meta].forEach(({ inputs, targets }) => disposeTree({ ...inputs, targets })),
  };
}

/** A carry to start from, prepared where the optimizer wants that. */
export async function start<S extends Tree>(optimizer: Optimizer<S>, task: Task, seed = 1): Promise<Carry<S>> {
  const { params, buffers } = task.problem.model.init(seed);
  const carry = optimizer.init(params, buffers);
  const batches = { batch: task.batch(0), metaBatch: () => task.metaBatch(0) };
  return optimizer.prepare ? await optimizer.prepare(carry, batches, { step: 0, seed }) : carry;
}

/** Steps `from` … `to` − 1; gives the losses by step, before each. */
export function train<S extends Tree>(
  optimizer: Optimizer<S>,
  task: Task,
  carry: Carry<S>,
  { from = 0, to, seed = 1 }: { from?: number; to: number; seed?: number },
): { carry: Carry<S>; losses: number[]; metrics: Readonly<Record<string, number>> } {
  const losses: number[] = [];
  let metrics: Record<string, number> = {};
  for (let step = from; step < to; step++) {
    const batches = { batch: task.batch(step), metaBatch: () => task.metaBatch(step) };
    const result = optimizer.step(carry, batches, { step, seed });
    carry = result.carry;
    metrics = Object.fromEntries(Object.entries(result.metrics).map(([name, value]) => [name, value.dataSync()[0]]));
    losses.push(metrics.loss);
    disposeTree(result.metrics);
  }
  return { carry, losses, metrics };
}

/** The numbers of a tree, for comparing to the bit. */
export function numbers(tree: Tree): Record<string, number[]> {
  return Object.fromEntries(Object.entries(flatten(tree)).map(([path, tensor]) => [path, [...tensor.dataSync()]]));
}

/** One number of a scalar. */
export const scalar = (tensors: Tensors, name: string): number => tensors[name].dataSync()[0];

/** The mean of the last values. */
export const tail = (values: readonly number[], count: number): number =>
  values.slice(-count).reduce((total, x) => total + x, 0) / Math.min(count, values.length);
