/**
 * Whether an optimizer minimizes what is trained.
 * @module
 */
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Problem } from "../proximal/problem.ts";
import { UserError } from "../runtime/errors.ts";
import { requireMembers } from "../runtime/require_members.ts";

/**
 * @throws `UserError` for an optimizer that lacks a member, and for one that was made for another problem: it would move parameters by
 * the gradients of that one, while this one is measured; and where one of the two is narrow and the other not: part of a step would be in
 * float32 without a word.
 */
export function checkOptimizer(optimizer: Pick<Optimizer, "problem" | "arithmetic">, problem: Problem): void {
  const members = { init: "function", step: "function" } as const;
  requireMembers("optimizer", optimizer, members, "give what amortize(…), fixedRate(…) or defineOptimizer(…) returns");
  const narrow = problem.model.arithmetic !== undefined;
  if (narrow !== (optimizer.arithmetic !== undefined)) {
    throw new UserError(
      narrow
        ? "problem is narrow and optimizer is not; give narrowOptimizer(optimizer, policy), with an optimizer that was made for this problem"
        : "optimizer is narrow and problem is not; make one problem, const narrow = narrowProblem(problem, policy), and give it to " +
          "the optimizer and to fit",
    );
  }
  if (!optimizer.problem) return;
  const { model, output } = optimizer.problem;
  // the losses may differ: one may train with label smoothing, and score without it
  const same = { model: model === problem.model, output: output.discrepancy === problem.output.discrepancy };
  for (const [part, isSame] of Object.entries(same)) {
    if (isSame) continue;
    throw new UserError(
      `optimizer was made for a problem with another ${part} than problem.${part}; make one problem, const problem = ` +
        "{ model, output }, and give the same to the optimizer and to fit",
    );
  }
}
