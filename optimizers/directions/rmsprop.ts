/**
 * RMSprop.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import { decayRate, positive } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "./direction.ts";

/** Options of {@linkcode rmsprop}. */
export interface RmspropOptions {
  /** ρ. Default: 0.99. */
  readonly decay?: number;
  /** ε. Default: 1e-8; added outside the root. */
  readonly epsilon?: number;
}

/**
 * `$v_t = \rho v_{t-1} + (1-\rho) g_t^2,\; d_t = g_t / (\sqrt{v_t} + \varepsilon)$`, as `torch.optim.RMSprop` (Tieleman &
 * Hinton 2012). v starts at 0 without bias correction, so the first directions are up to 1/√(1−ρ) = 10 long.
 *
 * @throws `UserError` for a ρ outside [0, 1), or an ε that is not positive.
 */
export function rmsprop({ decay = 0.99, epsilon = 1e-8 }: RmspropOptions = {}): Direction<{ square: Tensors }> {
  decayRate("decay", decay);
  positive("epsilon", epsilon); // with 0, a gradient of 0 is 0/0
  const advance = elementwise(({ square, gradient }) => {
    const next = square.mul(decay).add(gradient.square().mul(1 - decay));
    return { next, direction: gradient.div(next.sqrt().add(epsilon)) };
  });
  return {
    init: (params) => ({ square: mapTensors(params, (x) => tf.zerosLike(x)) }),
    next: (gradient, state) => {
      const { next, direction } = advance({ square: state.square, gradient });
      return { direction, state: { square: next } };
    },
  };
}
