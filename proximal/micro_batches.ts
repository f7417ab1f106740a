/**
 * Gradients over a batch that is too large to be gone through at once.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../models/model.ts";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import { scaled } from "../runtime/elementwise/scaled.ts";
import { positiveWhole, UserError } from "../runtime/errors.ts";
import { valuesAndGradients } from "../runtime/gradients.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { disposeTree, flatten, mapTensors, mapTree } from "../runtime/tree.ts";
import type { Batch, Problem } from "./problem.ts";
import { totalWeight } from "./weighted_mean.ts";

/** The loss on a batch, its gradient, and the buffers after the pass. */
export type LossGradients = {
  /** J, a scalar. */
  readonly loss: Tensor;
  /** ∇J by parameter name. */
  readonly gradients: Tensors;
  /** The model's buffers; of several micro-batches after the last. */
  readonly buffers: Tree;
  /** That of {@linkcode Beside}. */
  readonly beside?: Tensors;
};

/**
 * Something else of the same outputs whose gradient is taken, without another pass forward: a sum over examples of independent terms, whose
 * mean is 0.
 */
export interface Beside {
  /**
   * What is differentiated: a scalar.
   *
   * @param from The first row of the micro-batch, whose random numbers are those that it has in the whole batch.
   */
  value(outputs: Tensor, weights: Tensor | undefined, from: number): Tensor;
  /** What its gradient is multiplied by, so that its covariance does not depend on how many examples the batch has. */
  scale(examples: number, weights: Tensor | undefined): Tensor;
}

const plusShare = elementwise(({ sum, x, share }) => ({ sum: sum.add(x.mul(share)) }));

/**
 * J_B(θ) and ∇J_B(θ) in one pass, or in one for each micro-batch of the problem: then it is the mean over these, weighed by their Σw, the
 * buffers go from one to the next, and each has random numbers of its own. Call it inside `tf.tidy`.
 *
 * @param beside Its gradient is taken, too.
 * @throws `UserError` for a batch that has to be divided, but whose tensors differ in their numbers of rows.
 */
export function lossGradients(
  problem: Problem,
  params: Tensors,
  buffers: Tree,
  batch: Batch,
  mode: Mode,
  beside?: Beside,
): LossGradients {
  const pass = ({ inputs, targets, weights }: Batch, before: Tree, mode: Mode, from = 0): LossGradients => {
    let examples = 0;
    const { passes: [{ value, gradients }, other], auxiliary } = valuesAndGradients((theta) => {
      const { outputs, buffers } = problem.model.apply(theta, before, inputs, mode);
      examples = outputs.shape[0];
      const loss = problem.output.loss(outputs, targets, weights);
      return { values: [loss, ...beside ? [beside.value(outputs, weights, from)] : []], auxiliary: buffers };
    }, params);
    const found = { loss: value, gradients, buffers: auxiliary };
    if (!beside) return found;
    return { ...found, beside: scaled({ x: other.gradients, factor: beside.scale(examples, weights) }).x };
  };
  const { microBatchSize } = problem, rows = batch.targets.shape[0];
  if (microBatchSize === undefined || rows <= microBatchSize) return pass(batch, buffers, mode);
  positiveWhole("microBatchSize", microBatchSize);
  const whole = totalWeight(rows, batch.weights);
  let sum: LossGradients | undefined;
  for (let start = 0; start < rows; start += microBatchSize) {
    const before = sum;
    sum = tf.tidy(() => {
      const part = sliced(batch, start, Math.min(microBatchSize, rows - start));
      const own = start === 0 ? mode : { ...mode, random: (name: string) => mode.random(`${name}/from row ${start}`) };
      const found = withoutNan(pass(part, before?.buffers ?? buffers, own, start), part.weights);
      const share = tf.divNoNan(totalWeight(part.targets.shape[0], part.weights), whole),
        loss = tf.mul(found.loss, share);
      return {
        loss: before ? tf.add(before.loss, loss) : loss,
        gradients: before
          ? plusShare({ sum: before.gradients, x: found.gradients, share }).sum
          : scaled({ x: found.gradients, factor: share }).x,
        buffers: found.buffers,
        ...found.beside && { beside: summedBeside(before?.beside, found.beside, share) },
      };
    });
    if (before) disposeTree(before); // what is summed up is all that stays of a micro-batch
  }
  return sum!;
}

/** Independent terms have covariances that add up: so what is added counts by the root of its share. */
function summedBeside(sum: Tensors | undefined, x: Tensors, share: Tensor): Tensors {
  const root = tf.sqrt(share);
  return sum ? plusShare({ sum, x, share: root }).sum : scaled({ x, factor: root }).x;
}

/** A mean of nothing may be NaN: where all weights are 0, loss and gradients are 0. */
function withoutNan(found: LossGradients, weights?: Tensor): LossGradients {
  if (!weights) return found;
  const counts = tf.greater(tf.sum(tf.cast(weights, "float32")), 0);
  const orZero = (x: Tensor): Tensor => tf.where(counts, x, tf.zerosLike(x));
  const { loss, gradients, beside } = found, zeroed = (x: Tensors) => mapTensors(x, orZero);
  return { ...found, loss: orZero(loss), gradients: zeroed(gradients), ...beside && { beside: zeroed(beside) } };
}

/** So many of a batch's rows. */
function sliced({ inputs, targets, weights }: Batch, start: number, size: number): Batch {
  const whole: Tree = { inputs, targets, ...weights && { weights } }, rows = targets.shape[0];
  const odd = Object.entries(flatten(whole)).find(([, { shape }]) => shape[0] !== rows);
  if (odd) {
    throw new UserError(
      `microBatchSize is less than the ${rows} rows of the targets, but ${odd[0]} has the shape [${
        odd[1].shape
      }] and cannot be ` +
        "divided with them; leave microBatchSize out, or give each tensor of the batch a row for each target",
    );
  }
  return mapTree(whole, (tensor) => tf.slice(tensor, start, size)) as unknown as Batch;
}
