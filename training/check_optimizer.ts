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
 * the gradients of that one, while this one is measured.
 */
export function checkOptimizer(optimizer: Pick<Optimizer, "problem">, problem: Problem): void {
  const members = { init: "function", step: "function" } as const;
  requireMembers("optimizer", optimizer, members, "give what amortize(…), fixedRate(…) or defineOptimizer(…) returns");
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
