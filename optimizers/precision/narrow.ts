/**
 * Training in a narrow format, by rounding.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../../models/model.ts";
import { checkProblem } from "../../proximal/check_problem.ts";
import type { Problem } from "../../proximal/problem.ts";
import { UserError } from "../../runtime/errors.ts";
import { requireHalfProducts } from "../../runtime/precision/half_products.ts";
import { roundTo } from "../../runtime/precision/round.ts";
import { roundedIn } from "../../runtime/precision/rounded_kernels.ts";
import { requireMembers } from "../../runtime/require_members.ts";
import type { Tensor, Tree } from "../../runtime/tensor.ts";
import { disposeTree, mapTensors, mapTree } from "../../runtime/tree.ts";
import type { Carry, Optimizer } from "../optimizer.ts";
import { type LossScaled, lossScaling } from "./loss_scale.ts";
import type { Policy } from "./policy.ts";

/**
 * The same problem with a network that computes in the policy's format: parameters and inputs are rounded, and every operation's result
 * is. Gradients go straight through the rounding.
 *
 * @throws `UserError` for a problem or a policy that is none, and for a problem that is narrow.
 */
export function narrowProblem(problem: Problem, policy: Policy): Problem {
  checkProblem(problem);
  checkPolicy(policy);
  if (problem.model.arithmetic) throw new UserError("problem is narrow; give the one that narrowProblem was given");
  const { arithmetic } = policy;
  const format = arithmetic.results.passes;
  const rounded = (x: Tensor): Tensor => format && x.dtype === "float32" && x.size > 1 ? roundTo(x, format) : x;
  const apply: Model["apply"] = (params, buffers, inputs, mode) => {
    return roundedIn(
      arithmetic,
      "passes",
      () => problem.model.apply(mapTensors(params, rounded), buffers, mapTree<Tree>(inputs, rounded), mode),
    );
  };
  return { ...problem, model: { ...problem.model, arithmetic, apply } };
}

/**
 * The same optimizer with its steps computed, and its parameters stored, as the policy says.
 *
 * @param optimizer Made for what {@linkcode narrowProblem} returned for the same policy.
 * @throws `UserError` for an optimizer or a policy that is none, for an optimizer that is narrow, and for one that was made for a
 * problem in float32 or of another policy: its passes would not be in this one's format. Its `init` throws one where the device is to
 * compute in float16 and cannot.
 */
export function narrowOptimizer<S extends Tree>(optimizer: Optimizer<S>, policy: Policy): Optimizer<S | LossScaled<S>> {
  const members = { init: "function", step: "function" } as const;
  requireMembers("optimizer", optimizer, members, "give what amortize(…), fixedRate(…) or defineOptimizer(…) returns");
  checkPolicy(policy);
  if (optimizer.arithmetic) throw new UserError("optimizer is narrow; give the one that narrowOptimizer was given");
  const { arithmetic } = policy, format = arithmetic.weights?.format, made = optimizer.problem?.model;
  if (made && JSON.stringify(made.arithmetic) !== JSON.stringify(arithmetic)) {
    throw new UserError(
      `optimizer was made for a problem ${made.arithmetic ? "of another policy" : "in float32"}; make one problem, ` +
        "const narrow = narrowProblem(problem, policy), and give it to the optimizer and to fit",
    );
  }
  const narrow: Optimizer<S> = {
    ...optimizer,
    arithmetic,
    init: (params, buffers) => {
      if (arithmetic.halves) requireHalfProducts();
      const start = tf.tidy(() => mapTensors(params, (x) => format && x.size > 1 ? roundTo(x, format) : x.clone()));
      disposeTree(params);
      return optimizer.init(start, buffers);
    },
  };
  if (policy.scalesLoss) return lossScaling(narrow, arithmetic) as unknown as Optimizer<S | LossScaled<S>>;
  return {
    ...narrow,
    step: (carry, batches, at) => {
      return roundedIn(arithmetic, "update", () => optimizer.step(carry as Carry<S>, batches, at));
    },
  } as Optimizer<S | LossScaled<S>>;
}

function checkPolicy(policy: Policy): void {
  requireMembers("policy", policy, { arithmetic: "object" }, 'give policyOf({ precision: "bf16" })');
}
