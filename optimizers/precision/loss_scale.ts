/**
 * Losses that are scaled while their gradients are taken.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { roundedIn } from "../../runtime/precision/rounded_kernels.ts";
import type { Arithmetic } from "../../runtime/precision/scope.ts";
import type { Tensor, Tree } from "../../runtime/tensor.ts";
import type { Carry, Optimizer } from "../optimizer.ts";

/** The state of an optimizer whose losses are scaled. */
export type LossScaled<S extends Tree> = {
  /** The optimizer's own. */
  readonly scaled: S;
  /** A power of 2. */
  readonly lossScale: Tensor;
  /** Steps since it was changed. */
  readonly steadySteps: Tensor;
};

const START = 2 ** 16, GROWTH_STEPS = 2000;

/**
 * The optimizer with its steps in this arithmetic, where small gradients would become 0: the gradient is taken of the loss times a scale,
 * and divided by it in float32. A step that is refused, as something became infinite, halves the scale, and 2000 steps without one double
 * it (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2, with the numbers of `torch.amp.GradScaler`).
 */
export function lossScaling<S extends Tree>(optimizer: Optimizer<S>, arithmetic: Arithmetic): Optimizer<LossScaled<S>> {
  const inner = ({ params, buffers, state }: Carry<LossScaled<S>>): Carry<S> => ({
    params,
    buffers,
    state: state.scaled,
  });
  return {
    ...optimizer.problem && { problem: optimizer.problem },
    arithmetic,
    ...optimizer.branch && { branch: (step) => optimizer.branch!(step) },
    init: (params, buffers) => {
      const { state, ...carry } = optimizer.init(params, buffers);
      return { ...carry, state: { scaled: state, lossScale: tf.scalar(START), steadySteps: tf.scalar(0) } };
    },
    ...optimizer.prepare && {
      prepare: async (carry, batches, at) => {
        const { state, ...rest } = await optimizer.prepare!(inner(carry), batches, at);
        return { ...rest, state: { ...carry.state, scaled: state } };
      },
    },
    step: (carry, batches, at) => {
      const { lossScale, steadySteps } = carry.state;
      const stepped = () => optimizer.step(inner(carry), batches, at);
      const { carry: { state, ...rest }, metrics } = roundedIn(arithmetic, "update", stepped, lossScale);
      const next = tf.tidy(() => {
        const refused = tf.greater(metrics.refusedInARow, 0), steady = tf.add(steadySteps, 1);
        const grows = tf.greaterEqual(steady, GROWTH_STEPS);
        const scale: Tensor = tf.mul(
          lossScale,
          tf.where(refused, tf.scalar(0.5), tf.where(grows, tf.scalar(2), tf.scalar(1))),
        );
        const since: Tensor = tf.where(tf.logicalOr(refused, grows), tf.scalar(0), steady);
        return { lossScale: scale, steadySteps: since };
      });
      tf.dispose([lossScale, steadySteps]);
      return {
        carry: { ...rest, state: { scaled: state, ...next } },
        metrics: { ...metrics, lossScale: next.lossScale.clone() },
      };
    },
    ...optimizer.evaluated && { evaluated: (carry) => optimizer.evaluated!(inner(carry)) },
    ...optimizer.learned && { learned: (carry) => optimizer.learned!(inner(carry)) },
  };
}
