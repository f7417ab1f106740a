/**
 * Finished runs, for reading.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ensureBackend } from "../runtime/backend.ts";
import { inference } from "../models/mode.ts";
import { UserError } from "../runtime/errors.ts";
import type { Tree } from "../runtime/tensor.ts";
import { disposeTree, mapTree } from "../runtime/tree.ts";
import { type Displayable, displayable } from "../display/displayable.ts";
import { type HostArrays, restore, snapshot, toTensor } from "../training/snapshot.ts";
import { assemble } from "./assemble.ts";
import { readCheckpoint, readConfig, readMetrics, readSummary } from "./folder.ts";
import type { RunStory } from "./run_story.ts";

/** A run's results. In a notebook it shows itself as a table with the picture of its curves. */
export interface Run extends RunStory, Displayable {
  /** The parameters to use, by name. */
  readonly params: HostArrays;
  /**
   * The model's outputs (logits, for classifiers) for rows of inputs, in inference mode.
   *
   * @param x `[rows, inputs]`, scaled as in training (pixels from 0 to 1).
   */
  predict(x: readonly (readonly number[])[]): Promise<number[][]>;
}

/**
 * Opens the folder of a run. Needs no particular backend, and holds no tensors between calls.
 *
 * @throws `UserError` where there is no run, or no checkpoint yet.
 */
export async function openRun(folder: string): Promise<Run> {
  const config = await readConfig(folder), checkpoint = await readCheckpoint(folder);
  if (!checkpoint) {
    throw new UserError(`${folder} has no checkpoint yet; go on with \`deno task train --resume=${folder}\``);
  }
  const metrics = await readMetrics(folder);
  const summary = await readSummary(folder, config.settings.steps);
  const { problem, optimizer } = assemble(config);
  await ensureBackend();
  const carry = tf.tidy(() => {
    const { params, buffers } = problem.model.init(config.seed);
    return restore(optimizer.init(params, buffers), checkpoint.arrays);
  });
  const params = await snapshot((optimizer.evaluated?.(carry) ?? carry).params);
  const buffers = await snapshot(carry.buffers), structure = mapTree(carry.buffers, (tensor) => tensor);
  disposeTree(carry);
  const applied = (x: readonly (readonly number[])[]) => {
    try {
      return tf.tidy(() => {
        const theta = Object.fromEntries(Object.entries(params).map(([name, array]) => [name, toTensor(array)]));
        const running: Tree = mapTree(structure, (_, path) => toTensor(buffers[path]));
        const input = tf.tensor2d(x.map((row) => [...row]));
        return problem.model.apply(theta, running, { x: input }, inference).outputs;
      });
    } catch (error) {
      throw new UserError(
        `predict: the model does not take rows of ${x[0].length} numbers: ${(error as Error).message}`,
      );
    }
  };
  const predict = async (x: readonly (readonly number[])[]): Promise<number[][]> => {
    if (x.length === 0) return [];
    const odd = x.findIndex((row) => row.length !== x[0].length || !row.every(Number.isFinite));
    if (odd >= 0) throw new UserError(`predict: x[${odd}] is not ${x[0].length} finite numbers, as x[0] should be`);
    const outputs = applied(x);
    const result = await outputs.array();
    outputs.dispose();
    return result as number[][];
  };
  const run = { config, metrics, summary, step: checkpoint.step };
  const show = displayable(async () => (await import("./run_story.ts")).runFormats(run));
  return { ...run, params, predict, ...show };
}
