/**
 * What amortized proximal optimization is given.
 * @module
 */
import { checkProblem } from "../../proximal/check_problem.ts";
import type { Problem } from "../../proximal/problem.ts";
import { nonNegative, oneOf, positive, UserError } from "../../runtime/errors.ts";
import type { Tree } from "../../runtime/tensor.ts";
import { checkedDirection, checkPart } from "../check_part.ts";
import { checkScheduled } from "../check_scheduled.ts";
import type { Direction } from "../directions/direction.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import type { Scheduled } from "../schedules.ts";
import type { WeightDecay } from "../weight_decay.ts";
import { metaDefaults, type MetaOptions } from "./defaults.ts";
import type { Regime } from "./regime.ts";
import { plain } from "./regimes/plain.ts";

/**
 * Options of `amortize`. Weight decay acts in the metric of P (ours): θ ← θ − s P (d + weightDecay θ) with the regime's
 * factor s, which for a learning rate is AdamW's. Only P d is part of the lookahead.
 */
export interface AmortizeOptions<S extends Tree> extends WeightDecay {
  /** What is minimized. */
  readonly problem: Problem;
  /** The base optimizer's direction d. */
  readonly direction: Direction<S>;
  /** P_φ. */
  readonly parameterization: Parameterization;
  /** The proximal objective. */
  readonly objective?: {
    /** λ_WSD. Default: 0. */
    readonly lambdaWsd?: Scheduled;
    /** Of the WSD, by parameter name. Default: 1. */
    readonly blockWeights?: Readonly<Record<string, number>>;
    /** Where the loss term is measured: on B, as in the paper and by default, or on the independent B′. */
    readonly lossOn?: "batch" | "metaBatch";
  };
  /** λ_FSD, and how steps follow the course of training: `plain({ lambdaFsd: 0.3 })`, say. Default: {@linkcode plain}. */
  readonly regime?: Regime;
  /** How φ is learned. The size of B′ is that of the batch which `metaBatch()` makes: `metaBatchSize` of `fit`. */
  readonly meta?: MetaOptions;
}

/** Options with the defaults filled in. */
export type Completed<S extends Tree> = AmortizeOptions<S> & {
  readonly regime: Regime;
  readonly meta: Required<MetaOptions>;
  readonly weightDecay: number;
  readonly objective: { readonly lambdaWsd: Scheduled; readonly lossOn: "batch" | "metaBatch" };
};

/** The options with the defaults filled in. @throws `UserError` for what cannot be, see `amortize`. */
export function completed<S extends Tree>(options: AmortizeOptions<S>): Completed<S> {
  const { problem, parameterization, objective = {}, regime = plain(), weightDecay = 0 } = options;
  checkProblem(problem);
  checkPart("parameterization", "parameterization", parameterization);
  const meta = metaDefaults(parameterization, options.meta);
  checkPart("regime", "regime", regime);
  checkPart("meta-optimizer", "meta.optimizer", meta.optimizer);
  const { lambdaWsd = 0, lossOn = "batch", blockWeights } = objective;
  checkScheduled("lambdaWsd", lambdaWsd);
  nonNegative("weightDecay", weightDecay);
  oneOf("objective.lossOn", lossOn, ["batch", "metaBatch"]);
  for (const [name, weight] of Object.entries(blockWeights ?? {})) {
    nonNegative(`objective.blockWeights["${name}"]`, weight);
    if (name in problem.model.leaves) continue;
    throw new UserError(
      `objective.blockWeights names "${name}", which the model does not have; give names of its parameters, such as ` +
        Object.keys(problem.model.leaves).slice(0, 2).map((known) => `"${known}"`).join(" and "),
    );
  }
  if (meta.optimizer.needsLogRates && !parameterization.logRates) {
    throw new UserError(
      "meta.optimizer: normalized() moves log-rates (scalarRate, perBlockRates); give additive(adam(), { rate: 0.001 })",
    );
  }
  if (regime.bound !== undefined) positive("regime.bound", regime.bound);
  if (regime.needsLossOnBatch && lossOn === "metaBatch") {
    throw new UserError(
      'amortize: the regime compares J on B and on B′, which objective.lossOn = "metaBatch" does not allow; give ' +
        'another regime, such as plain(), or lossOn: "batch"',
    );
  }
  return {
    ...options,
    direction: checkedDirection("direction", options.direction),
    regime,
    meta,
    weightDecay,
    objective: { lambdaWsd, lossOn, blockWeights },
  };
}
