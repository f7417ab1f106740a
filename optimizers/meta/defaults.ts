/**
 * How φ is learned unless one says otherwise.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { adam } from "../directions/adam.ts";
import { rmsprop } from "../directions/rmsprop.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { additive } from "./additive.ts";
import type { MetaOptimizer } from "./meta_optimizer.ts";
import { normalized } from "./normalized.ts";

/** How φ is learned. */
export interface MetaOptions {
  /** {@linkcode normalized} for log-rates unless given, else Adam with 2e-2 for `S` and `s` and 1e-3 for matrices. */
  readonly optimizer?: MetaOptimizer;
  /** K: a meta step every so many steps; 10 unless given. */
  readonly every?: number;
  /** For so many steps at the start there is a meta step at each; 20 unless given. */
  readonly early?: number;
  /** How often a meta step is repeated, with θ, g and d the same; 1 unless given. */
  readonly steps?: number;
  /** Search the scale of P before the first update; true unless given. */
  readonly search?: boolean;
}

/** The paper's rule for learning rates: RMSprop (ρ = 0.99, rate 0.1) every K = 10 steps from the first, and no search. */
export function paperRule({ rate = 0.1, every = 10 }: { rate?: number; every?: number } = {}): MetaOptions {
  return { optimizer: additive(rmsprop({ decay: 0.99 }), { rate }), every, early: 0, search: false };
}

/** Options with the defaults filled in. @throws `UserError` for an interval that is no positive integer. */
export function metaDefaults(parameterization: Parameterization, options: MetaOptions = {}): Required<MetaOptions> {
  const standard = (): MetaOptimizer =>
    parameterization.logRates
      ? normalized()
      : additive(adam(), { rate: 2e-2, groups: { A: 1e-3, B: 1e-3, L: 1e-3, P: 1e-3 } });
  const { optimizer = standard(), every = 10, early = 20, steps = 1, search = true } = options;
  for (const [argument, value] of Object.entries({ every, steps })) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new UserError(`meta.${argument} is ${value}; give a positive whole number, such as 10`);
    }
  }
  return { optimizer, every, early, steps, search };
}
