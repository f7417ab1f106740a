/**
 * A brake for meta-optimizers of preconditioners.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { allFinite } from "../../runtime/all_finite.ts";
import { select } from "../../runtime/select.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { checkPart } from "../check_part.ts";
import { movingAverage } from "../moving_average.ts";
import { META } from "../tuned.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";

/** The state of {@linkcode braked}. */
export type BrakedState<S extends Tree> = {
  /** What is braked. */
  readonly braked: S;
  /** M: the average of |⟨g, P d⟩|, from 0. */
  readonly progress: Tensor;
  /** 1 − decayⁿ. */
  readonly correction: Tensor;
};

const DECAY = 0.8;
const HIGHEST = 10;

/**
 * A meta-optimizer, and a brake on the size of P in the early meta steps (ours; not the paper's). Additive meta-optimizers move each
 * number of φ by about its meta rate, however bad the lookahead is, and so are too slow to save a network from a P that the first
 * gradients have made too large.
 *
 * Let q be the slope of Q in the logarithm of the scale of P, and M an average of |⟨g, P d⟩|, the progress that the slope of J
 * promises. Where q/M is above 1 the lookahead is more than twice as far as the best one of a quadratic Q, and Q is higher there
 * than where it started. P then becomes e⁻ʸ times as large, with `$y = 0.05\,\mathrm{clip}(q/M - 1, 0, 10)$`, after its own step.
 * A lookahead that overflows counts as 10; where J_B(θ) or f(B′, θ) themselves are not finite, the brake does nothing.
 *
 * @throws `UserError` for a meta-optimizer that lacks a member.
 */
export function braked<S extends Tree>(optimizer: MetaOptimizer<S>): MetaOptimizer<BrakedState<S>> {
  checkPart("meta-optimizer", "braked: optimizer", optimizer);
  return {
    ...optimizer.branch && { branch: optimizer.branch },
    ...optimizer.needsLogRates && { needsLogRates: true },
    init: (phi) => ({ braked: optimizer.init(phi), progress: tf.scalar(0), correction: tf.scalar(0) }),
    next: (evidence, phi, { braked: state, ...before }) => {
      const moved = optimizer.next(evidence, phi, state);
      if (!evidence.early) return { ...moved, state: { braked: moved.state, ...before } };
      const slope = evidence.along(evidence.lookaheadGradient), promised = tf.abs(evidence.along(evidence.gradient));
      const usable = tf.logicalAnd(evidence.sound, allFinite({ promised }));
      const after = {
        progress: movingAverage(before.progress, promised, DECAY),
        correction: movingAverage(before.correction, 1, DECAY),
      };
      const ratio = tf.divNoNan(tf.mul(slope, after.correction), after.progress);
      const excess: Tensor = tf.where(
        tf.isFinite(ratio),
        tf.clipByValue(tf.sub(ratio, 1), 0, HIGHEST),
        tf.scalar(HIGHEST),
      );
      const shrunk = evidence.scaled(moved.phi, tf.exp(tf.mul(excess, -META.brake)));
      const kept = select<{ phi: Tensors; averages: Tensors }>(
        usable,
        { phi: shrunk, averages: after },
        { phi: moved.phi, averages: before },
      );
      return { ...moved, phi: kept.phi, state: { braked: moved.state, ...kept.averages } as BrakedState<S> };
    },
  };
}
