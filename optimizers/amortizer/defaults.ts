/**
 * How φ is learned unless one says otherwise.
 * @module
 */
import { positiveWhole, UserError } from "../../runtime/errors.ts";
import { adam } from "../directions/adam.ts";
import { rmsprop } from "../directions/rmsprop.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { additive, type AdditiveOptions } from "./additive.ts";
import { braked } from "./braked.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";
import { META } from "../tuned.ts";
import { normalized } from "./normalized.ts";

/** How φ is learned. */
export interface MetaOptions {
  /** Default: {@linkcode normalized} for log-rates, else Adam with {@linkcode metaRates} of 0.02, {@linkcode braked}. */
  readonly optimizer?: MetaOptimizer;
  /** K: a meta step every so many steps. Default: 10. */
  readonly every?: number;
  /** For so many steps at the start there is a meta step at each. Default: 20. */
  readonly early?: number;
  /** How often a meta step is repeated, with θ, g and d the same. Default: 1. */
  readonly steps?: number;
  /**
   * Search the scale of P before the first update. Default: true. The search measures J on B. Without it a far too large
   * start may be refused until training stops: a refused step takes its meta step back as well.
   */
  readonly search?: boolean;
}

/** The paper's rule for learning rates: RMSprop (ρ = 0.99, rate 0.1) every K = 10 steps from the first, and no search. */
export function paperRule(
  { rate = META.paperRate, every = META.every }: { rate?: number; every?: number } = {},
): MetaOptions {
  return { optimizer: additive(rmsprop({ decay: 0.99 }), { rate }), every, early: 0, search: false };
}

/**
 * Meta rates for additive meta-optimizers of diagonal and structured forms: scales (`s`, `S`) learn at `rate`, matrices (`A`, `B`,
 * `L`, `P`) at a twentieth of it.
 */
export function metaRates(rate: number): AdditiveOptions {
  return { rate, groups: Object.fromEntries(["A", "B", "L", "P"].map((matrix) => [matrix, rate / 20])) };
}

/** Options with the defaults filled in. @throws `UserError` for an interval that is no positive integer. */
export function metaDefaults(parameterization: Parameterization, options: MetaOptions = {}): Required<MetaOptions> {
  const standard = (): MetaOptimizer =>
    parameterization.logRates ? normalized() : braked(additive(adam(), metaRates(META.rate)));
  const { optimizer = standard(), every = META.every, early = META.early, steps = 1, search = true } = options;
  for (const [argument, value] of Object.entries({ every, steps })) positiveWhole(`meta.${argument}`, value);
  if (!(Number.isInteger(early) && early >= 0)) {
    throw new UserError(`meta.early is ${early}; give a whole number from 0, such as 20`);
  }
  return { optimizer, every, early, steps, search };
}
