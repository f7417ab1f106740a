/**
 * Quantities that change with time: learning rates, meta rates, λ. A schedule is a function of the number of steps done, as a
 * scalar on the device, so that a step can be recorded and replayed.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import type { Tensor } from "../runtime/tensor.ts";

/** The value at a step (a scalar, float32). */
export type Schedule = (step: Tensor) => Tensor;

/** A constant, or a {@linkcode Schedule}. */
export type Scheduled = number | Schedule;

/** The value of either at a step. */
export function valueAt(scheduled: Scheduled, step: Tensor): Tensor {
  return typeof scheduled === "number" ? tf.scalar(scheduled) : scheduled(step);
}

/** How far a step is on the way to `steps`, from 0 to 1. */
const progress = (step: Tensor, steps: number): Tensor => tf.clipByValue(tf.div(step, Math.max(1, steps)), 0, 1);

/** `initial` · `factor`^⌊step / every⌋, as `torch.optim.lr_scheduler.StepLR`. */
export function stepDecay(options: { initial: number; every: number; factor: number }): Schedule {
  const { initial, every, factor } = options;
  return (step) => tf.mul(tf.pow(factor, tf.floor(tf.div(step, every))), initial);
}

/** Half a cosine from `initial` to 0 at `steps`, as `CosineAnnealingLR` (Loshchilov & Hutter 2017, without restarts). */
export function cosine(options: { initial: number; steps: number }): Schedule {
  const { initial, steps } = options;
  return (step) => tf.mul(tf.add(tf.cos(tf.mul(progress(step, steps), Math.PI)), 1), initial / 2);
}

/** A straight line from `initial` to `final` (0 unless given) at `steps`, as `LinearLR`. */
export function linearDecay(options: { initial: number; steps: number; final?: number }): Schedule {
  const { initial, steps, final = 0 } = options;
  return (step) => tf.add(tf.mul(progress(step, steps), final - initial), initial);
}

/** Rises from 1/steps of it to the whole of `schedule` over the first `steps` steps; `schedule` itself is not delayed. */
export function warmUp(steps: number, schedule: Scheduled): Schedule {
  return (step) => tf.mul(progress(tf.add(step, 1), steps), valueAt(schedule, step));
}

/** A logged value: `step` counts the steps done when it was logged, as in `metrics.jsonl`. */
export interface LoggedValue {
  /** Steps done. */
  readonly step: number;
  /** The value that the last of them used. */
  readonly value: number;
}

/**
 * Repeats what was logged, each value until the next one: with a run of APO's learned rates (logged at every step) one can tell
 * what the schedule is worth without the adaptivity.
 *
 * @throws `UserError` for an empty record.
 */
export function replay(record: readonly LoggedValue[]): Schedule {
  if (record.length === 0) throw new UserError("replay: the record is empty; give at least one logged value");
  const sorted = record.toSorted((a, b) => a.step - b.step);
  return (step) => {
    // Σ of the jumps that lie behind: a table look-up that stays on the device
    const at = tf.tensor1d(sorted.slice(1).map((logged) => logged.step - 1));
    const jumps = tf.tensor1d(sorted.slice(1).map((logged, i) => logged.value - sorted[i].value));
    const behind = tf.cast(tf.greaterEqual(step, at), "float32");
    return sorted.length === 1 ? tf.scalar(sorted[0].value) : tf.add(tf.sum(tf.mul(behind, jumps)), sorted[0].value);
  };
}
