/**
 * The proximal objective at a lookahead: loss, function-space discrepancy (FSD) and weight-space discrepancy (WSD).
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../models/model.ts";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import { scaled } from "../runtime/elementwise/scaled.ts";
import { valueAndGradients } from "../runtime/gradients.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import { mapTensors } from "../runtime/tree.ts";
import { lossGradients } from "./micro_batches.ts";
import type { Batch, Problem } from "./problem.ts";
import { weightNorm } from "./weight_norm.ts";

/** How much each discrepancy counts. A tensor is a scalar on the device. */
export interface Lambdas {
  /** λ_FSD. */
  readonly lambdaFsd: number | Tensor;
  /** λ_WSD. */
  readonly lambdaWsd: number | Tensor;
  /** Of the WSD, by parameter name; 1 where none is given. */
  readonly blockWeights?: Readonly<Record<string, number>>;
}

/** Where the objective is evaluated. */
export interface ProximalPoint {
  /** θ. */
  readonly params: Tensors;
  /** u. */
  readonly lookahead: Tensors;
  /** The running statistics at θ; what these passes would make of them is thrown away. */
  readonly buffers: Tree;
  /** The batch of the loss. */
  readonly batch: Batch;
  /** B′: the batch of the function-space discrepancy. */
  readonly metaBatch: Batch;
  /** Of every pass, so that FSD(θ, θ) = 0 also with dropout. */
  readonly mode: Mode;
}

/** Scalars. */
export type ObjectiveParts = Readonly<Record<"loss" | "fsd" | "wsd" | "total", Tensor>>;

/** The objective and its gradients in u. */
export interface ObjectiveGradients {
  /** J_B(u), FSD and WSD without their λ, and Q = J + λ_FSD FSD + λ_WSD WSD. */
  readonly parts: ObjectiveParts;
  /** At u, by parameter name: ∇J, what the discrepancies add (λ_FSD ∇FSD + λ_WSD ∇WSD), and their sum ∇_u Q. */
  readonly gradients: Readonly<Record<"loss" | "discrepancy" | "total", Tensors>>;
  /** f(B′, θ), the reference of the FSD. */
  readonly reference: Tensor;
  /** f(B′, u). */
  readonly outputs: Tensor;
}

const plusScaled = elementwise(({ x, y, factor }) => ({ sum: x.add(y.mul(factor)) }));

/**
 * `$Q(u) = J_B(u) + \lambda_{FSD}\,\mathrm{FSD}_{B'}(u, \theta) + \lambda_{WSD}\,\tfrac12\|u-\theta\|^2$` and its gradients in u.
 * One forward and backward pass on each batch at u, and one forward pass on B′ at θ. Call it inside `tf.tidy`.
 */
export function objectiveGradients(problem: Problem, lambdas: Lambdas, point: ProximalPoint): ObjectiveGradients {
  const { params, lookahead, buffers, batch, metaBatch, mode } = point;
  const outputsOf = (at: Tensors, on: Batch) => problem.model.apply(at, buffers, on.inputs, mode).outputs;
  const reference = tf.tidy(() => outputsOf(params, metaBatch)); // its activations are not kept through the other passes
  const onBatch = lossGradients(problem, lookahead, buffers, batch, mode);
  const fsd = valueAndGradients((u) => {
    const outputs = outputsOf(u, metaBatch);
    return { value: problem.output.discrepancy(outputs, reference, metaBatch.weights), auxiliary: { outputs } };
  }, lookahead);
  const wsd = weightNorm(lookahead, params, lambdas.blockWeights);
  const total = tf.addN([onBatch.loss, tf.mul(fsd.value, lambdas.lambdaFsd), tf.mul(wsd, lambdas.lambdaWsd)]);
  const parts = { loss: onBatch.loss, fsd: fsd.value, wsd, total };
  const lambda = typeof lambdas.lambdaFsd === "number" ? tf.scalar(lambdas.lambdaFsd) : lambdas.lambdaFsd;
  const added = lambdas.lambdaWsd === 0 ? undefined : mapTensors(
    lookahead,
    (u, name) => tf.mul(tf.mul(tf.sub(u, params[name]), lambdas.lambdaWsd), lambdas.blockWeights?.[name] ?? 1),
  );
  const withWeights = (x: Tensors) => added ? mapTensors(x, (gradient, name) => tf.add(gradient, added[name])) : x;
  return {
    parts,
    gradients: {
      loss: onBatch.gradients,
      total: withWeights(plusScaled({ x: onBatch.gradients, y: fsd.gradients, factor: lambda }).sum),
      get discrepancy() { // another pass over all weights, which only the start-up search needs
        return withWeights(scaled({ x: fsd.gradients, factor: lambda }).x);
      },
    },
    reference,
    outputs: fsd.auxiliary.outputs,
  };
}
