/**
 * Whether the parts that optimizers are made of have all that is asked of them.
 * @module
 */
import { requireMembers } from "../runtime/require_members.ts";

/** The functions that each kind of part has, and one to take. */
const PARTS = {
  direction: { functions: ["init", "next"], example: "momentum()" },
  parameterization: { functions: ["init", "precondition", "scale", "describe"], example: "scalarRate()" },
  regime: { functions: ["init", "lambdaFsd"], example: "plain()" },
  "meta-optimizer": { functions: ["init", "next"], example: "normalized()" },
} as const;

/** @throws `UserError` for a part that lacks a function, or is itself one, such as `momentum` without its parentheses. */
export function checkPart(kind: keyof typeof PARTS, argument: string, part: unknown): void {
  const { functions, example } = PARTS[kind];
  const members = Object.fromEntries(functions.map((name) => [name, "function" as const]));
  requireMembers(argument, part, members, `give a ${kind}, such as ${example}, or { ${functions.join(", ")} }`);
}
