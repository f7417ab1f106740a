/**
 * A λ_FSD that grows with noise.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positive, UserError } from "../../../runtime/errors.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import type { Noise } from "./noise.ts";

/**
 * How λ_FSD grows with noise (ours): it is multiplied by min(m, s⁻ᵖ), s being the share of progress that carries over to B′, and m a
 * bound that is lower where most of the loss is gone, as what noise remains there is not that of wrong labels: with J̄/J₀ the part
 * of the first batch's loss that remains, `$m = \max(1, \mathit{most} \cdot \min(1, \bar J/(\mathit{remaining} J_0))^{3/2})$`.
 */
export interface Caution {
  /** p. */
  readonly power: number;
  /** However little carries over; finite, 1 or more. */
  readonly most: number;
  /**
   * The part J̄/J₀ from which `most` counts as it is, in (0, 1]. Default: it always does. For losses whose least is about 0: with a
   * J₀ below 0 it always does, too.
   */
  readonly remaining?: number;
}

/** @throws `UserError` for numbers that cannot be. */
export function checkCaution(argument: string, { power, most, remaining }: Caution): void {
  positive(`${argument}.power`, power);
  if (!(most >= 1 && most < Infinity)) {
    throw new UserError(`${argument}.most is ${most}; give a finite number from 1, such as 7`);
  }
  if (remaining !== undefined && !(remaining > 0 && remaining <= 1)) {
    throw new UserError(`${argument}.remaining is ${remaining}; give a number above 0 and up to 1, such as 0.45`);
  }
}

const TINY = 1e-4; // shares below it are none, and float32 holds their powers

/** By what λ_FSD is multiplied; 1 before the first measurement. */
export function cautionAgainst(
  { carriedOver, firstLoss, lateLoss }: Pick<Noise, "carriedOver" | "firstLoss" | "lateLoss">,
  { power, most, remaining }: Caution,
): Tensor {
  const wished: Tensor = tf.pow(tf.maximum(carriedOver, TINY), -power);
  if (remaining === undefined) return tf.minimum(wished, most);
  const left = tf.clipByValue(tf.divNoNan(tf.div(lateLoss, remaining), firstLoss), 0, 1);
  const part: Tensor = tf.where(tf.greater(firstLoss, 0), left, tf.onesLike(left));
  return tf.minimum(wished, tf.maximum(tf.mul(tf.mul(part, tf.sqrt(part)), most), 1));
}
