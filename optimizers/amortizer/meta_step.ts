/**
 * One step on the meta-objective.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { select } from "../../runtime/select.ts";
import { difference } from "../../runtime/elementwise/difference.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { allFinite } from "../../runtime/all_finite.ts";
import { flatten, innerProduct } from "../../runtime/tree.ts";
import { metaObjective, type MetaPoint, type MetaSetting } from "./meta_objective.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";
import type { Regime, RegimeEvidence } from "./regime.ts";
import type { StepClock } from "../step_clock.ts";

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
  /** The regime's state. */
  readonly regime: Tree;
};

/** A learner before its first step. */
export function newLearner(phi: Tensors, optimizer: MetaOptimizer, regime: Regime): Learner {
  const zero = () => tf.scalar(0);
  const report = {
    metaLoss: zero(),
    fsd: zero(),
    wsd: zero(),
    metaObjective: zero(),
    metaGradientNorm: zero(),
    metaSkipped: zero(),
  };
  return { phi, state: optimizer.init(phi), report, regime: regime.init() };
}

/** What a meta step is given: θ, g, d, all constant. */
export interface MetaStepInputs {
  /** Q. */
  readonly setting: MetaSetting;
  /** What observes it. */
  readonly regime: Regime;
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
  /** Whether there was one from this θ, B and B′ before, which tells a regime nothing new. */
  readonly repeated: boolean;
}

/** Moves φ once to lower Q. */
export function metaStep(optimizer: MetaOptimizer, learner: Learner, inputs: MetaStepInputs): Learner {
  const { setting, regime, point, gradient, loss, step, at, early, repeated } = inputs;
  const { parts, gradients, reference, outputs, lookahead, pullback } = metaObjective(setting, learner.phi, point);
  const distance = setting.problem.output.discrepancy(reference, reference, point.metaBatch.weights); // 0, if f(B′, θ) is sound
  /** ⟨c, θ − u⟩ */
  const descent = (cotangent: Tensors) => innerProduct(cotangent, difference({ a: point.params, b: lookahead }).x);
  const sound = tf.logicalAnd(tf.isFinite(loss), tf.isFinite(distance));
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
      along: (cotangent) => tf.neg(descent(cotangent)),
      scaled: setting.parameterization.scale,
    },
    learner.phi,
    learner.state,
  );
  const { targets, weights } = point.metaBatch;
  const evidence: RegimeEvidence = {
    loss,
    lookaheadLoss: parts.loss,
    choices: setting.problem.output.likelihood?.choices?.(reference.shape),
    promised: () => descent(gradient),
    onMetaBatch: () => {
      const [atStart, ahead] = [reference, outputs].map((f) => setting.problem.output.loss(f, targets, weights));
      return { loss: atStart, lookaheadLoss: ahead };
    },
  };
  const observes = regime.observe !== undefined && !repeated;
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
    regime: observes ? finiteOr(learner.regime, regime.observe!(learner.regime, evidence)) : learner.regime,
    report: { ...finiteOr(before(learner.report), report), metaSkipped: skips(learner.report.metaSkipped, finite) },
  };
}

const skips = (count: Tensor, finite: Tensor): Tensor => tf.add(count, tf.cast(tf.logicalNot(finite), "float32"));

const before = ({ metaSkipped: _, ...report }: MetaReport): Omit<MetaReport, "metaSkipped"> => report;

/** What lives in the carry must stay finite: where something new is not, all is as before. */
function finiteOr<T extends Tree>(before: T, after: T): T {
  return select<T>(allFinite(flatten(after)), after, before);
}
