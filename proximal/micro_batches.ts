/**
 * Gradients over a batch that is too large to be gone through at once.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../models/model.ts";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import { scaled } from "../runtime/elementwise/scaled.ts";
import { positiveWhole, UserError } from "../runtime/errors.ts";
import { valueAndGradients } from "../runtime/gradients.ts";
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
};

const plusShare = elementwise(({ sum, x, share }) => ({ sum: sum.add(x.mul(share)) }));

/**
 * J_B(θ) and ∇J_B(θ) in one pass, or in one for each micro-batch of the problem: then it is the mean over these, weighed by their Σw, the
 * buffers go from one to the next, and each has random numbers of its own. Call it inside `tf.tidy`.
 *
 * @throws `UserError` for a batch that has to be divided, but whose tensors differ in their numbers of rows.
 */
export function lossGradients(
  problem: Problem,
  params: Tensors,
  buffers: Tree,
  batch: Batch,
  mode: Mode,
): LossGradients {
  const pass = (part: Batch, before: Tree, mode: Mode): LossGradients => {
    const { value, gradients, auxiliary } = valueAndGradients((theta) => {
      const { outputs, buffers } = problem.model.apply(theta, before, part.inputs, mode);
      return { value: problem.output.loss(outputs, part.targets, part.weights), auxiliary: buffers };
    }, params);
    return { loss: value, gradients, buffers: auxiliary };
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
      const found = withoutNan(pass(part, before?.buffers ?? buffers, own), part.weights);
      const share = tf.divNoNan(totalWeight(part.targets.shape[0], part.weights), whole),
        loss = tf.mul(found.loss, share);
      return {
        loss: before ? tf.add(before.loss, loss) : loss,
        gradients: before
          ? plusShare({ sum: before.gradients, x: found.gradients, share }).sum
          : scaled({ x: found.gradients, factor: share }).x,
        buffers: found.buffers,
      };
    });
    if (before) disposeTree(before); // what is summed up is all that stays of a micro-batch
  }
  return sum!;
}

/** A mean of nothing may be NaN: where all weights are 0, loss and gradients are 0. */
function withoutNan(found: LossGradients, weights?: Tensor): LossGradients {
  if (!weights) return found;
  const counts = tf.greater(tf.sum(tf.cast(weights, "float32")), 0);
  const orZero = (x: Tensor): Tensor => tf.where(counts, x, tf.zerosLike(x));
  return { ...found, loss: orZero(found.loss), gradients: mapTensors(found.gradients, orZero) };
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
