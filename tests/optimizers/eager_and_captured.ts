/** Steps, eager and captured, that wait for nothing: WebGPU reads no numbers back in between. */
import { assertEquals } from "@std/assert";
import { captured, type Carry, type Optimizer, type Problem, type Uncaptured } from "../../mod.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { bitsOf } from "./bits.ts";
import type { Task } from "./tiny_task.ts";

/** Steps `from` … `to` − 1; the metrics are thrown away. */
export function train(optimizer: Optimizer, task: Task, carry: Carry, from: number, to: number, seed = 1): Carry {
  for (let step = from; step < to; step++) {
    const batches = { batch: task.batch(step), metaBatch: () => task.metaBatch(step) };
    const result = optimizer.step(carry, batches, { step, seed });
    disposeTree(result.metrics);
    carry = result.carry;
  }
  return carry;
}

/** A carry to start from, not prepared. */
export function started(optimizer: Optimizer, { problem }: Task): Carry {
  const { params, buffers } = problem.model.init(1);
  return optimizer.init(params, buffers);
}

/** The kinds of steps that are not captured; after some steps captured and eager optimizers have the same bits. */
export async function uncapturedOf(
  task: Task,
  optimizerOf: (problem: Problem) => Optimizer,
  steps = 6,
): Promise<Uncaptured[]> {
  const kinds: Uncaptured[] = [], eager = optimizerOf(task.problem);
  using optimizer = captured(optimizerOf(task.problem), { onUncaptured: (kind) => kinds.push(kind) });
  const carries = [optimizer, eager].map((one) => train(one, task, started(one, task), 0, steps));
  const [ours, theirs] = await Promise.all(carries.map(bitsOf));
  assertEquals(ours, theirs);
  carries.forEach(disposeTree);
  return kinds;
}

/** Why these are not. */
export async function reasonsOf(...test: Parameters<typeof uncapturedOf>): Promise<string[]> {
  return (await uncapturedOf(...test)).map(({ reason }) => reason);
}
