/**
 * Training in a narrow format, by rounding.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../../models/model.ts";
import type { Problem } from "../../proximal/problem.ts";
import { roundTo } from "../../runtime/precision/round.ts";
import { roundKernels } from "../../runtime/precision/rounded_kernels.ts";
import { computedIn } from "../../runtime/precision/scope.ts";
import type { Tensor, Tree } from "../../runtime/tensor.ts";
import { disposeTree, mapTensors, mapTree } from "../../runtime/tree.ts";
import type { Carry, Optimizer } from "../optimizer.ts";
import { type LossScaled, lossScaling } from "./loss_scale.ts";
import type { Policy } from "./policy.ts";

/**
 * The same problem with a network that computes in the policy's format: parameters and inputs are rounded, and every operation's result
 * is. Gradients go straight through the rounding.
 */
export function narrowProblem(problem: Problem, { arithmetic }: Policy): Problem {
  const format = arithmetic.results.passes;
  const rounded = (x: Tensor): Tensor => format && x.dtype === "float32" && x.size > 1 ? roundTo(x, format) : x;
  const apply: Model["apply"] = (params, buffers, inputs, mode) => {
    roundKernels();
    return computedIn(
      arithmetic,
      "passes",
      () => problem.model.apply(mapTensors(params, rounded), buffers, mapTree<Tree>(inputs, rounded), mode),
    );
  };
  return { ...problem, model: { ...problem.model, apply } };
}

/**
 * The same optimizer with its steps computed, and its parameters stored, as the policy says.
 *
 * @param optimizer Made for {@linkcode narrowProblem}.
 */
export function narrowOptimizer<S extends Tree>(optimizer: Optimizer<S>, policy: Policy): Optimizer<S | LossScaled<S>> {
  const { arithmetic } = policy, format = arithmetic.weights?.format;
  const narrow: Optimizer<S> = {
    ...optimizer,
    init: (params, buffers) => {
      const start = tf.tidy(() => mapTensors(params, (x) => format && x.size > 1 ? roundTo(x, format) : x.clone()));
      disposeTree(params);
      return optimizer.init(start, buffers);
    },
  };
  if (policy.scalesLoss) return lossScaling(narrow, arithmetic) as unknown as Optimizer<S | LossScaled<S>>;
  return {
    ...narrow,
    step: (carry, batches, at) => {
      roundKernels();
      return computedIn(arithmetic, "update", () => optimizer.step(carry as Carry<S>, batches, at));
    },
  } as Optimizer<S | LossScaled<S>>;
}
