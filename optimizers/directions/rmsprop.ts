/**
 * RMSprop.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { decayRate } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { movingAverage } from "../moving_average.ts";
import type { Direction } from "./direction.ts";

/** Options of {@linkcode rmsprop}. */
export interface RmspropOptions {
  /** ρ, 0.99 unless given. */
  readonly decay?: number;
  /** ε, 1e-8 unless given; added outside the root. */
  readonly epsilon?: number;
}

/**
 * `$v_t = \rho v_{t-1} + (1-\rho) g_t^2,\; d_t = g_t / (\sqrt{v_t} + \varepsilon)$`, as `torch.optim.RMSprop` (Tieleman &
 * Hinton 2012). v starts at 0 without bias correction, so the first directions are up to 1/√(1−ρ) = 10 long.
 */
export function rmsprop({ decay = 0.99, epsilon = 1e-8 }: RmspropOptions = {}): Direction<{ square: Tensors }> {
  decayRate("decay", decay);
  return {
    init: (params) => ({ square: mapTensors(params, (x) => tf.zerosLike(x)) }),
    next: (gradient, state) => {
      const square = mapTensors(gradient, (g, name) => movingAverage(state.square[name], tf.square(g), decay));
      const direction = mapTensors(gradient, (g, name) => tf.div(g, tf.add(tf.sqrt(square[name]), epsilon)));
      return { direction, state: { square } };
    },
  };
}
