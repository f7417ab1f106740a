/**
 * One step on the meta-objective.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { select } from "../../runtime/select.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { allFinite } from "../../runtime/all_finite.ts";
import { metaObjective, type MetaPoint, type MetaSetting } from "../meta_objective.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";
import type { StepClock } from "../optimizer.ts";

/** Scalars of the latest meta step, for logs. */
export type MetaReport = {
  /** J(u). */
  readonly metaLoss: Tensor;
  /** FSD(u, θ). */
  readonly fsd: Tensor;
  /** WSD(u, θ). */
  readonly wsd: Tensor;
  /** Q. */
  readonly metaObjective: Tensor;
  /** ‖∇_φ Q‖. */
  readonly metaGradientNorm: Tensor;
  /** How many meta steps so far met a value that was not finite. */
  readonly metaSkipped: Tensor;
};

/** φ and what learns it. */
export type Learner = {
  /** φ. */
  readonly phi: Tensors;
  /** The meta-optimizer's state. */
  readonly state: Tree;
  /** Of the latest meta step. */
  readonly report: MetaReport;
};

/** A learner before its first step. */
export function newLearner(phi: Tensors, optimizer: MetaOptimizer): Learner {
  const zero = () => tf.scalar(0);
  const report = {
    metaLoss: zero(),
    fsd: zero(),
    wsd: zero(),
    metaObjective: zero(),
    metaGradientNorm: zero(),
    metaSkipped: zero(),
  };
  return { phi, state: optimizer.init(phi), report };
}

/** What a meta step is given: θ, g, d, all constant. */
export interface MetaStepInputs {
  /** Q. */
  readonly setting: MetaSetting;
  /** Where. */
  readonly point: MetaPoint;
  /** g. */
  readonly gradient: Tensors;
  /** J_B(θ). */
  readonly loss: Tensor;
  /** Steps of training done. */
  readonly step: Tensor;
  /** When. */
  readonly at: StepClock;
  /** Whether it is one of the first. */
  readonly early: boolean;
}

/** Moves φ once to lower Q. */
export function metaStep(optimizer: MetaOptimizer, learner: Learner, inputs: MetaStepInputs): Learner {
  const { setting, point, gradient, loss, step, at, early } = inputs;
  const { parts, gradients, reference, pullback } = metaObjective(setting, learner.phi, point);
  const sound = tf.logicalAnd(tf.isFinite(loss), allFinite({ reference }));
  const { phi, state, gradientNorm, finite } = optimizer.next(
    {
      step,
      at,
      early,
      gradient,
      direction: point.direction,
      lookaheadGradient: gradients.total,
      sound,
      finite: tf.isFinite(parts.total),
      pullback,
    },
    learner.phi,
    learner.state,
  );
  const report = {
    metaLoss: parts.loss,
    fsd: parts.fsd,
    wsd: parts.wsd,
    metaObjective: parts.total,
    metaGradientNorm: gradientNorm,
  };
  return {
    phi,
    state,
    report: { ...finiteOrBefore(report, learner.report), metaSkipped: skips(learner.report.metaSkipped, finite) },
  };
}

const skips = (count: Tensor, finite: Tensor): Tensor => tf.add(count, tf.cast(tf.logicalNot(finite), "float32"));

/** Reports live in the carry, which must stay finite: one with a scalar that is not keeps the values before. */
function finiteOrBefore(report: Omit<MetaReport, "metaSkipped">, before: MetaReport): Omit<MetaReport, "metaSkipped"> {
  const { metaSkipped: _, ...earlier } = before;
  return select(allFinite(report), report, earlier);
}
