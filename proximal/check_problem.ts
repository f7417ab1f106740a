/**
 * Whether a problem has all that optimizers ask of it.
 * @module
 */
import { requireMembers } from "../runtime/require_members.ts";
import type { Problem } from "./problem.ts";

/** @throws `UserError` for a problem whose model or output lacks a member. */
export function checkProblem(problem: Problem): void {
  requireMembers("problem", problem, {}, "give { model, output }");
  const { model, output } = problem, members = { leaves: "object", init: "function", apply: "function" } as const;
  requireMembers("problem.model", model, members, "give a network, such as mlp([2, 8, 2]), or { leaves, init, apply }");
  const terms = { loss: "function", discrepancy: "function" } as const;
  requireMembers("problem.output", output, terms, "give softmax(), bernoulli(), gaussian() or { loss, discrepancy }");
}
