/**
 * An optimizer in the middle of its training, to be timed.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { captured } from "../optimizers/captured/captured.ts";
import type { Carry, Optimizer } from "../optimizers/optimizer.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import { disposeTree } from "../runtime/tree.ts";
import { type Dataset, disposeBatch } from "../data/dataset.ts";
import { metaSampler, sampler } from "../data/sampler.ts";
import type { Contestant } from "./timing.ts";

/** Options of {@linkcode trainee}. */
export interface TraineeOptions {
  readonly problem: Problem;
  readonly optimizer: Optimizer;
  readonly train: Dataset;
  /** |B|. */
  readonly batchSize: number;
  /** |B′|. Default: |B|. */
  readonly metaBatchSize?: number;
  /** Steps that are timed together. */
  readonly blockSteps: number;
  /** The number of the first step. Default: 0. */
  readonly firstStep?: number;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** A contestant that trains, as `fit` does. Disposing of it frees its tensors. */
export interface Trainee extends Contestant, Disposable {
  /** The loss on the next batches, each before its step. */
  losses(steps: number): Promise<number[]>;
  /** Milliseconds of so many steps together, the first of them of this number. */
  run(steps: number, from: number): Promise<number>;
}

/**
 * Starts from the weights of seed 0. Making B is not part of the measured time, as every optimizer needs it; making B′ is, as
 * only APO does.
 */
export function trainee(options: TraineeOptions): Trainee {
  const optimizer = captured(options.optimizer); // as `fit` does
  const { problem, train, batchSize, metaBatchSize = batchSize, blockSteps, firstStep = 0 } = options;
  const now = options.now ?? (() => performance.now());
  const order = sampler(train.size, batchSize, 0);
  const metaOrder = metaSampler(train.size, metaBatchSize, 0, order);
  let carry: Carry = tf.tidy(() => {
    const { params, buffers } = problem.model.init(0);
    return optimizer.init(params, buffers);
  });
  let step = firstStep;

  const advance = (batch: Batch) => {
    const at = { step: step++, seed: 0 };
    const metaBatch = () => train.batch(metaOrder.indices(at.step));
    const next = optimizer.step(carry, { batch, metaBatch }, at);
    carry = next.carry;
    return next.metrics;
  };
  const nextBatch = (ahead: number) => train.batch(order.indices(step + ahead));
  const run = async (steps: number) => {
    const batches = Array.from({ length: steps }, (_, i) => nextBatch(i));
    const begin = now();
    const metrics = batches.map(advance);
    await metrics[steps - 1].loss.data(); // a GPU is done only when its last result is here
    const time = now() - begin;
    metrics.forEach(disposeTree);
    batches.forEach(disposeBatch);
    return time;
  };
  return {
    block: async () => await run(blockSteps) / blockSteps,
    run: (steps, from) => {
      step = from;
      return run(steps);
    },
    losses: async (steps) => {
      const values: number[] = [];
      for (let i = 0; i < steps; i++) {
        const batch = nextBatch(0), metrics = advance(batch);
        values.push((await metrics.loss.data())[0]);
        disposeTree(metrics);
        disposeBatch(batch);
      }
      return values;
    },
    [Symbol.dispose]: () => {
      disposeTree(carry);
      optimizer[Symbol.dispose]();
    },
  };
}
