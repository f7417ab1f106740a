/**
 * Normalization of channels, with what follows it in a network: an addend and relu. One kernel there and one back on wasm and WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/**
 * The kernel in training: inputs `x`, `scale`, `shift` and perhaps `addend`, attributes {@linkcode BatchNormAttributes}. Its results
 * are y, and the mean and the biased variance of each channel.
 */
export const BATCH_NORM = "ApoBatchNorm";
/**
 * The kernel of the way back: inputs `dy`, `dMean`, `dVariance`, `x`, `scale`, `mean`, `variance`, and `y` where there was relu. Its
 * results are the gradients of x, scale and shift, and that of the addend where there were both an addend and relu.
 */
export const BATCH_NORM_GRADIENT = "ApoBatchNormGradient";
/** The kernel with given statistics: inputs as in training, and `mean` and `variance`; its result is y. It has no gradient. */
export const NORMALIZE = "ApoNormalize";

/** What the kernels are called with beside their tensors. */
export interface BatchNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Whether relu comes last. */
  readonly relu: boolean;
  /** Whether there is an addend. */
  readonly added: boolean;
}

/** The mean and the variance of each channel, `[channels]`. */
export interface Statistics {
  /** μ. */
  readonly mean: Tensor;
  /** σ², biased. */
  readonly variance: Tensor;
}

/** What is done to each channel after its mean is 0 and its variance 1. */
export interface Affine {
  /** `[channels]`. */
  readonly scale: Tensor;
  /** `[channels]`. */
  readonly shift: Tensor;
  /** Added to the variance before. */
  readonly epsilon: number;
  /** Added afterwards, of x's shape. Default: nothing. */
  readonly addend?: Tensor;
  /** Whether what is negative in the end becomes 0. */
  readonly relu: boolean;
}

/**
 * `$y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot \mathrm{scale} + \mathrm{shift} + \mathrm{addend}$`, or relu of it, with μ and
 * σ² of x itself (Ioffe & Szegedy 2015, arXiv 1502.03167). All results have gradients, in all tensors.
 *
 * @param x `[…, channels]`.
 */
export function batchNormalized(x: Tensor, affine: Affine): { readonly y: Tensor; readonly statistics: Statistics } {
  if (isFor(BATCH_NORM, x, affine)) {
    const [y, mean, variance] = run(BATCH_NORM, { x }, affine) as Tensor[];
    return { y, statistics: { mean, variance } };
  }
  const rows = rowsOf(x), mean: Tensor = tf.mean(rows, 0), centred = tf.sub(rows, mean);
  const variance: Tensor = tf.mean(tf.square(centred), 0);
  return { y: transformed(x, centred, variance, affine), statistics: { mean, variance } };
}

/** The same with given statistics. */
export function normalized(x: Tensor, { mean, variance }: Statistics, affine: Affine): Tensor {
  if (tf.engine().state.gradientDepth === 0 && isFor(NORMALIZE, x, affine)) {
    return run(NORMALIZE, { x, mean, variance }, affine) as Tensor;
  }
  return transformed(x, tf.sub(rowsOf(x), mean), variance, affine);
}

const rowsOf = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape.at(-1)!]);

/** By tfjs's operations, of rows whose mean is 0. */
function transformed(x: Tensor, centred: Tensor, variance: Tensor, affine: Affine): Tensor {
  const { scale, shift, epsilon, addend, relu } = affine, factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  const own: Tensor = tf.reshape(tf.add(tf.mul(centred, factor), shift), x.shape),
    y = addend ? tf.add(own, addend) : own;
  return relu ? tf.relu(y) : y;
}

/** Whether the backend has the kernel, and the tensors are as it takes them. */
function isFor(kernel: string, x: Tensor, { scale, shift, addend }: Affine): boolean {
  const channels = [x.shape.at(-1) ?? 0];
  const plain = x.size > 0 && [x, scale, shift, addend ?? x].every(({ dtype }) => dtype === "float32") &&
    [scale, shift].every(({ shape }) => tf.util.arraysEqual(shape, channels)) &&
    (!addend || tf.util.arraysEqual(addend.shape, x.shape));
  // a gradient of a gradient needs operations that have one
  return plain && tf.engine().state.gradientDepth <= 1 && tf.getKernel(kernel, tf.getBackend()) !== undefined;
}

function run(kernel: string, tensors: Readonly<Record<string, Tensor>>, affine: Affine): Tensor | Tensor[] {
  const { scale, shift, epsilon, addend, relu } = affine, attributes = { epsilon, relu, added: addend !== undefined };
  return tf.engine().runKernel(kernel, { ...tensors, scale, shift, ...addend && { addend } }, attributes);
}

/** Registers the gradient of {@linkcode BATCH_NORM}. */
export function registerBatchNormGradient(): void {
  if (tf.getGradient(BATCH_NORM)) return;
  tf.registerGradient({
    kernelName: BATCH_NORM,
    inputsToSave: ["x", "scale"],
    outputsToSave: [true, true, true],
    gradFunc: (slopes, [x, scale, y, mean, variance], attributes) => {
      const [dy, dMean, dVariance] = slopes as Tensor[], { relu } = attributes as unknown as BatchNormAttributes;
      const inputs = { dy, dMean, dVariance, x, scale, mean, variance, ...relu && { y } };
      const [dx, dScale, dShift, dz] = tf.engine().runKernel(BATCH_NORM_GRADIENT, inputs, attributes) as Tensor[];
      return { x: () => dx, scale: () => dScale, shift: () => dShift, addend: () => dz ?? dy.clone() };
    },
  });
}
