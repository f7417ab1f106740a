/** Σ ½ h (θ − t)² in a few numbers, on the device and, for reimplementations, in float64. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Carry, Optimizer, Tensor } from "../../../mod.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { identityModel } from "../contract_models.ts";
import { start, type Task, train } from "../tiny_task.ts";

export interface Quadratic {
  /** θ₀. */
  readonly from: readonly number[];
  /** t: the minimum, of each step where it moves. */
  readonly to: (step: number) => readonly number[];
  /** h; ones unless given. */
  readonly curvature?: readonly number[];
}

export function quadratic({ from, to, curvature = from.map(() => 1) }: Quadratic): Task {
  const made: Tensor[] = [];
  const batch = (step: number) => {
    const targets = tf.tensor2d([[...to(step)]]);
    made.push(targets);
    return { inputs: {}, targets };
  };
  const loss = (outputs: Tensor, targets?: Tensor) =>
    tf.sum(tf.mul(tf.square(tf.sub(outputs, targets!)), tf.tensor2d([curvature.map((h) => h / 2)])));
  return {
    problem: { model: identityModel(from), output: { loss, discrepancy: () => tf.scalar(0) } },
    batch,
    metaBatch: batch,
    dispose: () => made.splice(0).forEach((tensor) => tensor.dispose()),
  };
}

/** The gradient in float64. */
export const gradientOf = (
  { from, to, curvature = from.map(() => 1) }: Quadratic,
  step: number,
  at: number[],
): number[] => at.map((x, i) => curvature[i] * (x - to(step)[i]));

/** θ and the evaluation point after `steps`, and what has been learned. */
export async function trained(
  of: Quadratic,
  make: (problem: Task["problem"]) => Optimizer,
  steps: number,
): Promise<{ params: number[]; evaluated: number[]; learned: Record<string, number>; refused: number }> {
  const task = quadratic(of), optimizer = make(task.problem);
  const { carry, metrics } = train(optimizer, task, await start(optimizer, task), { to: steps });
  const numbers = ({ w }: Carry["params"]) => [...w.dataSync()];
  const result = {
    params: numbers(carry.params),
    evaluated: numbers((optimizer.evaluated?.(carry) ?? carry).params),
    learned: await optimizer.learned?.(carry) ?? {},
    refused: metrics.refused,
  };
  disposeTree(carry);
  task.dispose();
  return result;
}

/** Equal up to float32's rounding. */
export function assertClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  assertEquals(actual.length, expected.length);
  actual.forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance * (1 + Math.abs(expected[i]))));
}
