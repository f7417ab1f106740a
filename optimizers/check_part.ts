/**
 * Whether the parts that optimizers are made of have all that is asked of them.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { requireMembers } from "../runtime/require_members.ts";
import type { Tree } from "../runtime/tensor.ts";
import type { Direction } from "./directions/direction.ts";

/** The functions that each kind of part has, and one to take. */
const PARTS = {
  direction: { functions: ["init", "next"], example: "momentum()" },
  parameterization: { functions: ["init", "precondition", "scale", "describe"], example: "scalarRate()" },
  regime: { functions: ["init", "lambdaFsd"], example: "plain()" },
  "meta-optimizer": { functions: ["init", "next"], example: "normalized()" },
} as const;

/** The same direction, whose results are looked at. @throws `UserError` from `next` for a result without `direction` or `state`. */
export function checkedDirection<S extends Tree>(argument: string, direction: Direction<S>): Direction<S> {
  checkPart("direction", argument, direction);
  const members = { direction: "object", state: "object" } as const, call = `${argument}.next(…)`;
  const next: Direction<S>["next"] = (gradient, state, params, at) => {
    const result = direction.next(gradient, state, params, at);
    requireMembers(call, result, members, "return { direction, state }");
    const missing = Object.keys(gradient).find((name) => !(name in result.direction));
    if (missing === undefined) return result;
    throw new UserError(`${call}.direction lacks the parameter "${missing}"; return a tensor for each in the gradient`);
  };
  return Object.assign(Object.create(direction), { next }); // with all else that it has, also where a class made it
}

/** @throws `UserError` for a part that lacks a function, or is itself one, such as `momentum` without its parentheses. */
export function checkPart(kind: keyof typeof PARTS, argument: string, part: unknown): void {
  const { functions, example } = PARTS[kind];
  const members = Object.fromEntries(functions.map((name) => [name, "function" as const]));
  requireMembers(argument, part, members, `give a ${kind}, such as ${example}, or { ${functions.join(", ")} }`);
}
