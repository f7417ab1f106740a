/**
 * A look at targets before they are trained on, where this costs no wait for a device.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumbers, checkValues, FINITE } from "../runtime/check_numbers.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { valuesOnHost } from "../runtime/values_on_host.ts";

/** The end of each remedy. */
export const IGNORED = "give an example that should not count the weight 0";

/** What arithmetic in float32 may be off by, and a probability that was written with two digits. */
const ROUNDING = 1e-6, DIGITS = 0.005;

/**
 * @param weights As in `Batch`: where they are 0 any number will do.
 * @throws `UserError` for NaN and infinities.
 */
export function checkFinite(targets: Tensor, weights?: Tensor): void {
  checkNumbers("targets", targets, FINITE, () => `; give finite numbers, or ${IGNORED}`, weights);
}

/** @throws `UserError` for a number that is no probability. */
export function checkProbabilities(targets: Tensor, weights?: Tensor): void {
  const range = { from: -ROUNDING, to: 1 + ROUNDING };
  checkNumbers("targets", targets, range, () => `; give probabilities from 0 to 1, or ${IGNORED}`, weights);
}

/** @throws `UserError` for rows, along the last axis, that are no distributions. */
export function checkDistributions(targets: Tensor, weights?: Tensor): void {
  checkProbabilities(targets, weights);
  const values = valuesOnHost(targets), rows = targets.shape.slice(0, -1);
  if (!values) return;
  const sums = new Float32Array(tf.util.sizeFromShape(rows)), classes = values.length / sums.length;
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / classes)] += values[i];
  const off = DIGITS * classes + 1e-3, range = { from: 1 - off, to: 1 + off };
  const remedy = () => `; give class numbers, or probabilities that sum up to 1 over the classes, or ${IGNORED}`;
  checkValues("the sum of targets", sums, rows, range, remedy, weights);
}
