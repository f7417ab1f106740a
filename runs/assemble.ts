/**
 * From names to things.
 * @module
 */
import { catalogued } from "../optimizers/catalogue/catalogue.ts";
import { narrowOptimizer, narrowProblem } from "../optimizers/precision/narrow.ts";
import { policyOf } from "../optimizers/precision/policy.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Problem } from "../proximal/problem.ts";
import { named } from "../runtime/nearest.ts";
import { tasks } from "../tasks/list.ts";
import type { Task } from "../tasks/task.ts";
import type { RunConfig } from "./config.ts";

/** A configuration's task, problem and optimizer. */
export interface Assembled {
  readonly task: Task;
  readonly problem: Problem;
  readonly optimizer: Optimizer;
}

/** The task of a name. @throws `UserError` with the nearest name. */
export function taskNamed(name: string): Task {
  return named("task", name, Object.fromEntries(tasks.map((task) => [task.name, task])));
}

/** @throws `UserError` for a name that is unknown, with the nearest one, or an option that cannot be. */
export function assemble(
  config: Pick<
    RunConfig,
    "task" | "model" | "modelChoice" | "optimizer" | "settings" | "precision" | "float32" | "lossScale"
  >,
): Assembled {
  const task = taskNamed(config.task);
  const model = named("model", config.model, task.models).build(config.modelChoice);
  const problem = { model, output: task.output }, { build } = catalogued(config.optimizer);
  if (config.precision === undefined) return { task, problem, optimizer: build(problem, config.settings) };
  const policy = policyOf({ ...config, precision: config.precision }), narrow = narrowProblem(problem, policy);
  return { task, problem: narrow, optimizer: narrowOptimizer(build(narrow, config.settings), policy) };
}
