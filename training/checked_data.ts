/**
 * Whether data and model belong together.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkRowNumbers } from "../models/look_up.ts";
import { inference } from "../models/mode.ts";
import type { LookUpTable, Mode } from "../models/model.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import { checkWeights, type PartialShape, shapeOfEach } from "../proximal/shapes.ts";
import { checkNumbers, FINITE } from "../runtime/check_numbers.ts";
import { DataError, UserError } from "../runtime/errors.ts";
import type { Random } from "../runtime/random.ts";
import { requireMembers } from "../runtime/require_members.ts";
import type { Tensors, Tree } from "../runtime/tensor.ts";
import { flatten } from "../runtime/tree.ts";
import { valuesOnHost } from "../runtime/values_on_host.ts";
import { type Dataset, described, disposeBatch } from "../data/dataset.ts";

const LOOK = 128; // examples at a time, where the first have the weight 0

/** What to train on, and what to evaluate on. */
interface Parts {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

/**
 * The same data, with a look at the inputs of each example when it comes for the first time, and at the targets and weights of each
 * batch, on the host: nothing is read back from a device. The shapes, all labels that the data tell beforehand, and whether any
 * example counts are looked at here.
 *
 * @throws `DataError` for inputs that are NaN or ∞, for targets or weights that do not fit the model's outputs or cannot be, and where
 * all weights are 0. The batches throw it, too.
 */
export function checkedData(problem: Problem, params: Tensors, buffers: Tree, data: Parts): Parts {
  const pass = ({ inputs }: Batch): FirstPass => {
    const numbers: FirstPass["numbers"][number][] = [], known = Object.entries(flatten(inputs));
    const lookUp: Mode["lookUp"] = (table, { dataId }) => {
      const found = known.find(([, input]) => input.dataId === dataId);
      if (found) numbers.push({ path: found[0], table });
    };
    const shape = tf.tidy(() => {
      const applied = problem.model.apply(params, buffers, inputs, { ...inference, lookUp });
      requireMembers("problem.model.apply(…)", applied, { outputs: "object" }, "give { outputs, buffers }");
      return applied.outputs.shape;
    });
    return { shape, outputs: shapeOfEach(shape), numbers };
  };
  return {
    train: checked("training data", data.train, problem, pass),
    ...data.validation && { validation: checked("validation data", data.validation, problem, pass) },
    ...data.test && { test: checked("test data", data.test, problem, pass) },
  };
}

/** What a pass with the first example tells. */
interface FirstPass {
  /** The shape of its outputs. */
  readonly shape: PartialShape;
  /** The same, as far as it is that of each batch. */
  readonly outputs: PartialShape;
  /** Inputs that are numbers of rows of a table, as they came. */
  readonly numbers: readonly { readonly path: string; readonly table: LookUpTable }[];
}

function checked(part: string, data: Dataset, problem: Problem, pass: (batch: Batch) => FirstPass): Dataset {
  const { size, labels } = data, seen = new Uint8Array(size);
  let first: FirstPass | undefined, counts = false, weighted = false;

  /** The batch, if all is well with it; else it is freed. */
  const looked = (batch: Batch, what: string, isNew = true): Batch => {
    try {
      about(what, () => {
        const { inputs, targets, weights } = batch;
        if (isNew) checkInputs(inputs);
        const outputs = first ? first.outputs : (first = pass(batch)).shape;
        if (isNew) checkLookUps(inputs, first.numbers);
        if (weights) {
          checkWeights(weights, outputs);
          checkNumbers("weights", weights, FROM_0, () => "; give finite numbers from 0");
        }
        problem.output.check?.(outputs, targets, weights);
        weighted ||= weights !== undefined;
        counts ||= !weights || (valuesOnHost(weights)?.some((weight) => weight > 0) ?? true);
      });
      return batch;
    } catch (error) {
      disposeBatch(batch);
      throw error;
    }
  };
  const batch = (indices: ArrayLike<number>, chance?: Random): Batch => {
    const whole = data.batch(indices, chance), all = Array.from(indices);
    requireMembers(`${part}: batch`, whole, { inputs: "object", targets: "object" }, "return { inputs, targets }");
    const isNew = all.some((index) => !seen[index]); // inputs are many numbers; targets may be made anew each time
    try {
      looked(whole, part, isNew);
    } catch (error) {
      if (all.length === 1) throw error;
      for (const index of all) { // one that is wrong by itself can be found in the data
        disposeBatch(looked(data.batch([index]), `${part}, batch([${index}])`));
      }
      throw error;
    }
    for (const index of all) seen[index] = 1;
    return whole;
  };

  for (let start = 0, end = 1; !counts; start = end, end += LOOK) {
    if (start >= size) {
      throw new DataError(`${part}: all weights are 0, so that no example counts; give some a weight above 0`);
    }
    disposeBatch(batch(Uint32Array.from({ length: Math.min(end, size) - start }, (_, i) => start + i)));
  }
  const { outputs } = first!;
  if (labels && outputs.length === 2 && !weighted) { // a weight of 0 lets a label be anything: then batches tell
    about(part, () => tf.tidy(() => problem.output.check?.(outputs, tf.tensor1d(Float32Array.from(labels)))));
  }
  return { ...described(data), batch };
}

/** Says of what data an error is. */
function about(what: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const isOfData = error instanceof UserError && !error.bad; // a bad argument is not the data's fault
    throw isOfData ? new DataError(`${what}: ${error.message}`) : error;
  }
}

function checkLookUps(inputs: Tree, numbers: FirstPass["numbers"]): void {
  const named = flatten(inputs);
  for (const { path, table } of numbers) checkRowNumbers(`inputs.${path}`, table, named[path]);
}

const FROM_0 = { from: 0, to: Number.MAX_VALUE };

/** NaN and ∞ make all gradients NaN, whatever the weight of their row: 0 · NaN is NaN. A mask's −∞ may be added to logits. */
function checkInputs(inputs: Tree): void {
  for (const [path, tensor] of Object.entries(flatten(inputs))) {
    checkNumbers(
      `inputs.${path}`,
      tensor,
      { ...FINITE, from: -Infinity },
      () => "; give finite numbers, also where the weight is 0",
    );
  }
}
