/**
 * What can be had without learning anything from the inputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Dataset, disposeBatch } from "../data/dataset.ts";
import { inference } from "../models/mode.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import type { PartialShape } from "../proximal/shapes.ts";
import { broadcastWeights, totalWeight } from "../proximal/weighted_mean.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { timesOrZero } from "../runtime/times_or_zero.ts";

const ROWS = 256; // at a time

/**
 * The loss of the best output that is the same for all examples (and for all positions, where outputs have more axes than two), on the
 * examples with these indices: half the variance of targets that are numbers, the entropy of the classes' shares. The model is
 * asked for the shape of its outputs only. Undefined where the problem's output does not say which output that is.
 */
export async function constantLoss(
  { model, output: { constant, loss } }: Problem,
  params: Tensors,
  buffers: Tree,
  data: Dataset,
  indices: Uint32Array = Uint32Array.from({ length: data.size }, (_, i) => i),
): Promise<number | undefined> {
  if (!constant) return undefined;
  const example = summed(
    data,
    indices.subarray(0, 1),
    ({ inputs }) => model.apply(params, buffers, inputs, inference).outputs,
  );
  const outputs: PartialShape = example.shape.map((length, axis) => axis === example.rank - 1 ? length : null);
  const mean = summed(data, indices, ({ targets, weights }) => {
    const numbers = tf.cast(constant.averaged(targets, outputs), "float32"), ones = tf.onesLike(numbers);
    const counts = weights ? tf.mul(ones, broadcastWeights(weights, numbers.shape)) : ones;
    const perOutput = (x: Tensor): Tensor => tf.sum(tf.reshape(x, [-1, x.shape[x.rank - 1]!]), 0);
    return tf.stack([perOutput(timesOrZero(numbers, counts)), perOutput(counts)]);
  });
  const same = tf.tidy(() => {
    const [total, count] = tf.unstack(mean);
    return constant.outputs(tf.divNoNan(total, count));
  });
  const losses = summed(data, indices, ({ targets, weights }) => {
    const numbers = constant.averaged(targets, outputs), weight = totalWeight(numbers.shape[0], weights);
    return tf.stack([timesOrZero(loss(tf.broadcastTo(same, numbers.shape), targets, weights), weight), weight]);
  });
  try {
    const [total, weight] = await losses.data();
    return total / weight;
  } finally {
    tf.dispose([example, mean, same, losses]);
  }
}

/** The sum of what batches of the examples give. */
function summed(data: Dataset, indices: Uint32Array, of: (batch: Batch) => Tensor): Tensor {
  let sum: Tensor = tf.scalar(0);
  for (let start = 0; start < indices.length; start += ROWS) {
    const batch = data.batch(indices.subarray(start, start + ROWS)), before = sum;
    try {
      sum = tf.tidy(() => tf.add(before, of(batch)));
    } finally {
      disposeBatch(batch);
      before.dispose();
    }
  }
  return sum;
}
