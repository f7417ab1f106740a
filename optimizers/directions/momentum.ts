/**
 * Heavy-ball and Nesterov momentum.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import { decayRate } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "./direction.ts";

/** Options of {@linkcode momentum}. */
export interface MomentumOptions {
  /** β. Default: 0.9. */
  readonly decay?: number;
  /** Look ahead along the momentum. Default: false. */
  readonly nesterov?: boolean;
}

/**
 * Heavy-ball momentum, `$m_t = \beta m_{t-1} + g_t,\; d_t = m_t$`, or with `nesterov` `$d_t = g_t + \beta m_t$`.
 * As `torch.optim.SGD(momentum=β)` without dampening (Polyak 1964; Sutskever et al. 2013).
 */
export function momentum(
  { decay = 0.9, nesterov = false }: MomentumOptions = {},
): Direction<{ momentum: Tensors }> {
  decayRate("decay", decay);
  const advance = elementwise(({ momentum, gradient }) => {
    const next = momentum.mul(decay).add(gradient);
    return { next, direction: nesterov ? gradient.add(next.mul(decay)) : next };
  });
  return {
    momentum: decay,
    init: (params) => ({ momentum: mapTensors(params, (x) => tf.zerosLike(x)) }),
    next: (gradient, state) => {
      const { next, direction } = advance({ momentum: state.momentum, gradient });
      return { direction, state: { momentum: next } };
    },
  };
}
