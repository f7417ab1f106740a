/**
 * Adam.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import { decayRate, positive } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { movingAverage } from "../moving_average.ts";
import type { Direction } from "./direction.ts";

/** Options of {@linkcode adam}. */
export interface AdamOptions {
  /** β₁. Default: 0.9. */
  readonly decay1?: number;
  /** β₂. Default: 0.999. */
  readonly decay2?: number;
  /** ε. Default: 1e-8; added outside the root, after the bias correction. */
  readonly epsilon?: number;
}

/** The state of {@linkcode adam}. */
export type AdamState = {
  readonly mean: Tensors;
  readonly square: Tensors;
  /** 1 − β₁ᵗ: the average of ones that started at 0 like the mean, on the device. */
  readonly meanCorrection: Tensor;
  /** 1 − β₂ᵗ. */
  readonly squareCorrection: Tensor;
};

/**
 * `$d_t = \hat m_t / (\sqrt{\hat v_t} + \varepsilon)$` with the bias-corrected averages of g and g², as `torch.optim.Adam`
 * (Kingma & Ba 2015). With decoupled weight decay it is `AdamW`.
 *
 * @throws `UserError` for β₁ or β₂ outside [0, 1), or an ε that is not positive.
 */
export function adam(
  { decay1 = 0.9, decay2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): Direction<AdamState> {
  decayRate("decay1", decay1);
  decayRate("decay2", decay2);
  positive("epsilon", epsilon); // with 0, a gradient of 0 is 0/0
  // m̂/(√v̂ + ε) = (m √c₂/c₁) / (√v + ε √c₂): the corrections stay scalars
  const advance = elementwise(({ mean, square, gradient, scale, offset }) => {
    const m = mean.mul(decay1).add(gradient.mul(1 - decay1));
    const v = square.mul(decay2).add(gradient.square().mul(1 - decay2));
    return { mean: m, square: v, direction: m.mul(scale).div(v.sqrt().add(offset)) };
  });
  return {
    momentum: decay1,
    init: (params) => ({
      mean: mapTensors(params, (x) => tf.zerosLike(x)),
      square: mapTensors(params, (x) => tf.zerosLike(x)),
      meanCorrection: tf.scalar(0),
      squareCorrection: tf.scalar(0),
    }),
    next: (gradient, state) => {
      const meanCorrection = movingAverage(state.meanCorrection, 1, decay1);
      const squareCorrection = movingAverage(state.squareCorrection, 1, decay2);
      const root = tf.sqrt(squareCorrection);
      const scale = tf.div(root, meanCorrection), offset = tf.mul(root, epsilon);
      const { mean, square, direction } = advance({ mean: state.mean, square: state.square, gradient, scale, offset });
      return { direction, state: { mean, square, meanCorrection, squareCorrection } };
    },
  };
}
