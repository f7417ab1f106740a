/**
 * What can be had without learning anything from the inputs.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type Dataset, disposeBatch, longestFirst } from "../data/dataset.ts";
import { inference } from "../models/mode.ts";
import type { Batch, Problem } from "../proximal/problem.ts";
import { shapeOfEach } from "../proximal/shapes.ts";
import { broadcastWeights, totalWeight } from "../proximal/weighted_mean.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { timesOrZero } from "../runtime/times_or_zero.ts";

const ROWS = 256, OUTPUTS = 2 ** 20; // at a time: of vocabularies several tensors of so many numbers are alive

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
  const shape = outputShape(data, (inputs) => model.apply(params, buffers, inputs, inference));
  const outputs = shapeOfEach(shape);
  const width = outputs.length > 1 ? outputs[outputs.length - 1]! : 1;
  const inner = data.lengths ? 1 : shape.slice(1, -1).reduce((size, n) => size * n, 1);
  const all = { data, indices: longestFirst(indices, data.lengths), perExample: width * inner };
  const mean = summed(all, ({ targets, weights }) => {
    const numbers = tf.cast(constant.averaged(targets, outputs), "float32");
    const perOutput = (x: Tensor): Tensor => tf.sum(tf.reshape(x, [-1, width]), 0);
    if (!weights) return tf.stack([perOutput(numbers), tf.fill([width], numbers.size / width)]);
    const counts = tf.mul(tf.fill(numbers.shape, 1), broadcastWeights(weights, numbers.shape));
    return tf.stack([perOutput(timesOrZero(numbers, counts)), perOutput(counts)]);
  });
  const same = tf.tidy(() => {
    const [total, count] = tf.unstack(mean);
    return constant.outputs(tf.divNoNan(total, count));
  });
  const losses = summed(all, ({ targets, weights }) => {
    const { shape } = constant.averaged(targets, outputs), weight = totalWeight(shape[0], weights);
    const everywhere = tf.add(tf.fill(shape, 0), same); // on wasm a tenth of the time of broadcastTo, and no memory of the host
    return tf.stack([timesOrZero(loss(everywhere, targets, weights), weight), weight]);
  });
  try {
    const [total, weight] = await losses.data();
    return total / weight;
  } finally {
    tf.dispose([mean, same, losses]);
  }
}

/** The shape of a model's outputs for the first example. */
function outputShape(data: Dataset, applied: (inputs: Tree) => { outputs: Tensor }): readonly number[] {
  const batch = data.batch([0]);
  try {
    return tf.tidy(() => applied(batch.inputs).outputs.shape);
  } finally {
    disposeBatch(batch);
  }
}

/** The sum of what batches of the examples give, of `perExample` outputs each, or for each token of a sequence. */
function summed(
  { data, indices, perExample }: {
    readonly data: Dataset;
    readonly indices: Uint32Array;
    readonly perExample: number;
  },
  of: (batch: Batch) => Tensor,
): Tensor {
  let sum: Tensor = tf.scalar(0);
  for (let start = 0, end = 0; start < indices.length; start = end) {
    const longest = data.lengths?.[indices[start]] ?? 1;
    end = start + Math.max(1, Math.min(ROWS, Math.floor(OUTPUTS / (perExample * longest))));
    const batch = data.batch(indices.subarray(start, end)), before = sum;
    try {
      sum = tf.tidy(() => tf.add(before, of(batch)));
    } finally {
      disposeBatch(batch);
      before.dispose();
    }
  }
  return sum;
}
