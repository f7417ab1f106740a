/**
 * The optimizers whose rate can be found.
 * @module
 */
import { learnedBases } from "../../optimizers/catalogue/bases.ts";
import { catalogue } from "../../optimizers/catalogue/catalogue.ts";
import { UserError } from "../../runtime/errors.ts";
import { unknown } from "../../runtime/nearest.ts";

/** The names of those at a fixed rate that APO can learn: `adam`, because there is `apo-adam`. */
export const findable: readonly string[] = Object.keys(learnedBases);

/** The optimizer whose rate is looked for by default. */
export const OPTIMIZER = "momentum";

/** The base of an optimizer's name. @throws `UserError` that names those which have one. */
export function findableBase(name: string): string {
  if (findable.includes(name)) return name;
  if (!Object.hasOwn(catalogue, name)) throw unknown("optimizer", name, findable);
  const problem = catalogue[name].learns ? "learns its rate while it trains" : "has no rate that APO learns";
  const remedy = `give one of: ${findable.join(", ")}`;
  throw new UserError({ argument: "optimizer", value: name, problem, remedy });
}
