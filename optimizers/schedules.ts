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
  // half a step more, because WebGPU may round step / every to just below a whole number
  return (step) => tf.mul(tf.pow(factor, tf.floor(tf.div(tf.add(step, 0.5), every))), initial);
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
 * Repeats what was logged: up to and including the step that logged it, each value holds. With a run of APO's learned rates one
 * can tell what the schedule is worth without the adaptivity. Log at every step for an exact copy; with K = 10 and a line
 * every 10 steps only the first 20 steps, when the rate moves at each, are coarser.
 *
 * @throws `UserError` for an empty record.
 */
export function replay(record: readonly LoggedValue[]): Schedule {
  if (record.length === 0) throw new UserError("replay: the record is empty; give at least one logged value");
  const sorted = record.toSorted((a, b) => a.step - b.step);
  return (step) => {
    const passed = tf.lessEqual(tf.tensor1d(sorted.map((logged) => logged.step)), step);
    const index = tf.minimum(tf.sum(tf.cast(passed, "int32")), sorted.length - 1);
    return tf.gather(tf.tensor1d(sorted.map((logged) => logged.value)), tf.cast(index, "int32"));
  };
}
