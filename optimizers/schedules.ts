/**
 * Quantities that change with time: learning rates, meta rates, λ. A schedule is a function of the number of steps done, as a
 * scalar on the device, so that a step can be recorded and replayed.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../runtime/elementwise/elementwise.ts";
import type { Expression } from "../runtime/elementwise/expression.ts";
import { nonNegative, positive, UserError } from "../runtime/errors.ts";
import { checkScheduled } from "./check_scheduled.ts";
import type { Tensor } from "../runtime/tensor.ts";

/** The value at a step (a scalar, float32). */
export type Schedule = (step: Tensor) => Tensor;

/** A constant, or a {@linkcode Schedule}. */
export type Scheduled = number | Schedule;

/** The value of either at a step. */
export function valueAt(scheduled: Scheduled, step: Tensor): Tensor {
  return typeof scheduled === "number" ? tf.scalar(scheduled) : scheduled(step);
}

/** A formula of the step: one kernel, as schedules are part of every step. */
function ofStep(formula: (step: Expression) => Expression): Schedule {
  const compiled = elementwise(({ step }) => ({ value: formula(step) }));
  return (step) => compiled({ step: { step } }).value.step;
}

/** @throws `UserError` for one below 0, and for one that float32 does not have: a formula cannot hold it. */
function checkNumbers(schedule: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) nonNegative(`${schedule}: ${name}`, value);
}

/** How far a step is on the way to `steps`, from 0 to 1. */
const progress = (step: Expression, steps: number): Expression => step.div(Math.max(1, steps)).minimum(1).maximum(0);

/**
 * `initial` · `factor`^⌊step / every⌋, as `torch.optim.lr_scheduler.StepLR`.
 *
 * @throws `UserError` for a number below 0, or one that float32 does not have, and for an `every` that is not positive.
 */
export function stepDecay(options: { initial: number; every: number; factor: number }): Schedule {
  const { initial, every, factor } = options;
  checkNumbers("stepDecay", { initial, every, factor });
  positive("stepDecay: every", every);
  // half a step more, because WebGPU may round step / every to just below a whole number
  return (step) => tf.mul(tf.pow(factor, tf.floor(tf.div(tf.add(step, 0.5), every))), initial);
}

/**
 * Half a cosine from `initial` to 0 at `steps`, as `CosineAnnealingLR` (Loshchilov & Hutter 2017, without restarts).
 *
 * @throws `UserError` for a number below 0, or one that float32 does not have.
 */
export function cosine(options: { initial: number; steps: number }): Schedule {
  const { initial, steps } = options;
  checkNumbers("cosine", { initial, steps });
  const angle = ofStep((step) => progress(step, steps).mul(Math.PI));
  return (step) => tf.mul(tf.add(tf.cos(angle(step)), 1), initial / 2);
}

/**
 * A straight line from `initial` to `final` (default 0) at `steps`, as `LinearLR`.
 *
 * @throws `UserError` for a number below 0, or one that float32 does not have.
 */
export function linearDecay(options: { initial: number; steps: number; final?: number }): Schedule {
  const { initial, steps, final = 0 } = options;
  checkNumbers("linearDecay", { initial, steps, final });
  return ofStep((step) => progress(step, steps).mul(final - initial).add(initial));
}

/**
 * `initial` up to the `steps`-th step, and `initial` · √(steps/n) in the n-th from there on. Behind a {@linkcode warmUp} of as many
 * steps it is the schedule of Vaswani et al. 2017 (arXiv 1706.03762, section 5.3), whose highest rate is `initial`.
 *
 * @throws `UserError` for a number below 0, or one that float32 does not have.
 */
export function inverseSquareRoot(options: { initial: number; steps: number }): Schedule {
  const { initial, steps } = options;
  checkNumbers("inverseSquareRoot", { initial, steps });
  const root = ofStep((step) => step.add(1).div(Math.max(1, steps)).maximum(1).sqrt());
  return (step) => tf.div(initial, root(step));
}

/**
 * Rises from 1/steps of it to the whole of `schedule` over the first `steps` steps; `schedule` itself is not delayed.
 *
 * @throws `UserError` for a number below 0, or one that float32 does not have.
 */
export function warmUp(steps: number, schedule: Scheduled): Schedule {
  checkNumbers("warmUp", { steps });
  checkScheduled("warmUp: schedule", schedule);
  const risen = (step: Expression) => progress(step.add(1), steps);
  if (typeof schedule === "number") return ofStep((step) => risen(step).mul(schedule));
  const factor = ofStep(risen);
  return (step) => tf.mul(factor(step), schedule(step));
}

/** What a run has logged: `openRun` gives it, and `fit`'s logged events are such lines. */
export interface LearnedRecord {
  /** `step` counts the steps done when the line was logged; `learned` holds what the last of them used, by name. */
  readonly metrics: readonly { readonly step: number; readonly learned: Readonly<Record<string, number>> }[];
}

/**
 * Repeats what a run has learned: up to and including the step that logged it, each value holds. With a run of APO's learned
 * rates one can tell what the schedule is worth without the adaptivity. Log at every step for an exact copy; with K = 10 and a
 * line every 10 steps only the first 20 steps, when the rate moves at each, are coarser.
 *
 * @param quantity The learned quantity's name: `"rate"` for scalar forms.
 * @throws `UserError` where no line has that quantity.
 */
export function replay({ metrics }: LearnedRecord, quantity = "rate"): Schedule {
  const lines = metrics.filter(({ learned }) => quantity in learned).toSorted((a, b) => a.step - b.step);
  if (lines.length === 0) throw new UserError(`replay: no line has learned "${quantity}"; give a run of apo-…`);
  return (step) => {
    const passed = tf.lessEqual(tf.tensor1d(lines.map((line) => line.step)), step);
    const index = tf.minimum(tf.sum(tf.cast(passed, "int32")), lines.length - 1);
    return tf.gather(tf.tensor1d(lines.map(({ learned }) => learned[quantity])), tf.cast(index, "int32"));
  };
}
