/**
 * A λ_FSD that grows with noise.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { positive, UserError } from "../../../runtime/errors.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import type { Noise } from "./noise.ts";

/** How λ_FSD grows with noise (ours): it is multiplied by min(most, s⁻ᵖ), s being the share of progress that carries over to B′. */
export interface Caution {
  /** p. */
  readonly power: number;
  /** However little carries over; finite, 1 or more. */
  readonly most: number;
}

/** @throws `UserError` for numbers that cannot be. */
export function checkCaution(argument: string, { power, most }: Caution): void {
  positive(`${argument}.power`, power);
  if (!(most >= 1 && most < Infinity)) {
    throw new UserError(`${argument}.most is ${most}; give a finite number from 1, such as 30`);
  }
}

const TINY = 1e-4; // shares below it are none, and float32 holds their powers

/** By what λ_FSD is multiplied; 1 before the first measurement. */
export function cautionAgainst({ carriedOver }: Pick<Noise, "carriedOver">, { power, most }: Caution): Tensor {
  return tf.minimum(tf.pow(tf.maximum(carriedOver, TINY), -power), most);
}
