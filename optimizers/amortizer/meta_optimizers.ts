/**
 * Meta-optimizers by name.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";
import { adam } from "../directions/adam.ts";
import type { Direction } from "../directions/direction.ts";
import { gradient } from "../directions/gradient.ts";
import { rmsprop } from "../directions/rmsprop.ts";
import type { Parameterization } from "../parameterizations/parameterization.ts";
import { additive } from "./additive.ts";
import { braked } from "./braked.ts";
import { META } from "../tuned.ts";
import { type MetaOptions, metaRates, paperRule } from "./defaults.ts";
import { normalized } from "./normalized.ts";

/** A meta-optimizer's name. */
export type MetaOptimizerName = "normalized" | "rmsprop" | "adam" | "sgd";

/** The directions of the additive ones. */
const directions: Readonly<Record<Exclude<MetaOptimizerName, "normalized">, () => Direction>> = {
  rmsprop: () => rmsprop(),
  adam: () => adam(),
  sgd: () => gradient(),
};

/** The names. */
export const metaOptimizers: Readonly<Record<MetaOptimizerName, true>> = {
  normalized: true,
  rmsprop: true,
  adam: true,
  sgd: true,
};

/**
 * How φ is learned by a meta-optimizer of this name. For learning rates every one but `normalized` means the paper's procedure,
 * without search and early meta steps; diagonal and structured forms keep both, and a brake.
 *
 * @throws `UserError` for `normalized` on a form that is no set of learning rates.
 */
export function metaByName(
  name: MetaOptimizerName,
  rule: Parameterization,
  rate: number = metaRateOf(name, rule),
): MetaOptions {
  if (name === "normalized") {
    if (rule.logRates) return { optimizer: normalized({ rate }) };
    const problem = "moves learning rates only", remedy = "give adam, rmsprop or sgd";
    throw new UserError({ argument: "metaOptimizer", value: "normalized", problem, remedy });
  }
  if (!rule.logRates) return { optimizer: braked(additive(directions[name](), metaRates(rate))) };
  return { ...paperRule(), optimizer: additive(directions[name](), { rate }) };
}

/** The default meta rate of a meta-optimizer: for learning rates by an additive one the paper's 0.1. */
export function metaRateOf(name: MetaOptimizerName, { logRates }: Parameterization): number {
  return name === "normalized" ? META.normalizedRate : logRates ? META.paperRate : META.rate;
}
