/**
 * The optimizers whose rate can be found.
 * @module
 */
import { catalogue } from "../../optimizers/catalogue/catalogue.ts";
import { type LearnedBase, tunedRegimes } from "../../optimizers/tuned.ts";
import { UserError } from "../../runtime/errors.ts";
import { named } from "../../runtime/nearest.ts";

/** Those at a fixed rate that APO can learn: `adam`, because there is `apo-adam`. */
export const findable: Readonly<Record<string, LearnedBase>> = Object.fromEntries(
  (Object.keys(tunedRegimes) as LearnedBase[]).map((name) => [name, name]),
);

/** The optimizer whose rate is looked for by default. */
export const OPTIMIZER: LearnedBase = "momentum";

/** The base of an optimizer's name. @throws `UserError` that names those which have one. */
export function findableBase(name: string): LearnedBase {
  if (Object.hasOwn(findable, name) || !Object.hasOwn(catalogue, name)) return named("optimizer", name, findable);
  const problem = catalogue[name].learns ? "learns its rate while it trains" : "has no rate that APO learns";
  const remedy = `give one of: ${Object.keys(findable).join(", ")}`;
  throw new UserError({ argument: "optimizer", value: name, problem, remedy });
}
