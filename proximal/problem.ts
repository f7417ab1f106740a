/**
 * What is minimized: a model, and what its outputs mean. It is the same for every optimizer.
 * @module
 */
import type { Model } from "../models/model.ts";
import type { Draws } from "../runtime/chance.ts";
import type { Tensor, Tree } from "../runtime/tensor.ts";
import type { PartialShape } from "./shapes.ts";

/**
 * Examples to train on. With `weights` (masks of padding, importance), every mean over examples is Σwℓ/Σw. An example is what
 * carries a weight: weights `[batch]` weigh rows, weights `[batch, time]` weigh the positions of sequences. Without weights the
 * rows are the examples, so give sequences weights always: else their loss is the sum over time, and not the mean.
 */
export interface Batch {
  /** The model's inputs by name; a model with one input calls it `x`. Neither NaN nor ∞, also where the weight is 0. */
  readonly inputs: Tree;
  /** What the loss compares the outputs with. */
  readonly targets: Tensor;
  /** Finite and non-negative, not all of them 0 in a data set; of any type, of the shape of the leading axes of the outputs. */
  readonly weights?: Tensor;
}

/**
 * J: a scalar, the mean over examples of the sum over outputs. Differentiable in `outputs`.
 *
 * @param outputs `[batch, …]`, the model's.
 * @param targets What they should be; each loss says in which form.
 * @param weights As in {@linkcode Batch}.
 */
export type Loss = (outputs: Tensor, targets: Tensor, weights?: Tensor) => Tensor;

/**
 * ρ: how far `outputs` (f at the lookahead u) are from `reference` (f at θ), a scalar ≥ 0 that is 0 where they agree. The mean
 * over examples of the sum over outputs. Differentiable in `outputs`; nobody differentiates it in `reference`.
 */
export type Discrepancy = (outputs: Tensor, reference: Tensor, weights?: Tensor) => Tensor;

/** A distribution with natural parameters `outputs`, an exponential family: its Fisher matrix is the Hessian of its discrepancy. */
export interface Likelihood {
  /** −log p of targets, up to what does not depend on the outputs: the mean over examples. */
  readonly loss: Loss;
  /** Where it is a distribution over classes: how many there are, given the shape of the outputs. */
  choices?(shape: readonly number[]): number;
  /** Targets drawn from it, in the form that its loss takes. */
  sample(outputs: Tensor, random: Draws): Tensor;
  /** F v: the Fisher matrix of each example's outputs times `tangent`, of the shape of `outputs`. */
  fisher(outputs: Tensor, tangent: Tensor): Tensor;
}

/** Outputs that are the same for all examples: what a network can say without its inputs. */
export interface ConstantOutput {
  /** Targets as numbers of the outputs' shape, whose mean over examples decides: class numbers as probabilities. */
  averaged(targets: Tensor, outputs: PartialShape): Tensor;
  /** The outputs `[outputs]` of the least loss, given that mean. */
  outputs(mean: Tensor): Tensor;
}

/**
 * What a network's outputs mean: the loss of targets, the discrepancy of two outputs, and what belongs to them. `softmax()`,
 * `bernoulli()` and `gaussian()` make them; one of your own is `{ loss, discrepancy }`.
 */
export interface Output {
  /** J. */
  readonly loss: Loss;
  /** ρ. */
  readonly discrepancy: Discrepancy;
  /** The exponential family whose Kullback–Leibler divergence ρ is; rules that need a Fisher matrix ask for it. */
  readonly likelihood?: Likelihood;
  /** The best outputs that are the same for all examples. With it the end of a training tells the loss that these have. */
  readonly constant?: ConstantOutput;
  /**
   * Looks at a batch before it is trained on, or scored; nothing is read back from a device.
   *
   * @param outputs The shape of the outputs, where it is known.
   * @throws `UserError` for targets that do not fit.
   */
  check?(outputs: PartialShape, targets: Tensor, weights?: Tensor): void;
}

/** What every optimizer is given. */
export interface Problem {
  /** f(x, θ). */
  readonly model: Model;
  /** What f's outputs mean. */
  readonly output: Output;
  /**
   * At most so many rows at a time go through the model where ∇J is taken, so that the activations of a large batch fit in memory: the
   * gradients of these micro-batches are summed up ("gradient accumulation"). Default: all rows at once. It changes nothing but
   * rounding where examples do not interact; BatchNorm has the statistics of micro-batches. Passes on B′, KFAC's statistics
   * and the passes of second-order methods are not divided.
   */
  readonly microBatchSize?: number;
}
