/**
 * Whether the parts that optimizers are made of have all that is asked of them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
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

/**
 * The same direction, whose results are looked at.
 *
 * @throws `UserError` from `init` and `next` for a state that holds something else than tensors, and from `next` for a result without
 * `direction` or `state`, or a direction that has not the gradient's names and shapes.
 */
export function checkedDirection<S extends Tree>(argument: string, direction: Direction<S>): Direction<S> {
  checkPart("direction", argument, direction);
  const members = { direction: "object", state: "object" } as const, call = `${argument}.next(…)`;
  const init: Direction<S>["init"] = (params) => {
    const state = direction.init(params);
    checkState(`${argument}.init(…)`, state);
    return state;
  };
  const next: Direction<S>["next"] = (gradient, state, params, at) => {
    const result = direction.next(gradient, state, params, at);
    requireMembers(call, result, members, "return { direction, state }");
    for (const [name, { shape }] of Object.entries(gradient)) {
      const found: unknown = result.direction[name];
      if (!(found instanceof tf.Tensor)) {
        throw new UserError(
          `${call}.direction lacks the parameter "${name}"; return a tensor for each in the gradient`,
        );
      }
      if (tf.util.arraysEqual(found.shape, shape)) continue;
      throw new UserError(
        `${call}.direction["${name}"] has the shape [${found.shape}]; return one of the parameter's shape, [${shape}]`,
      );
    }
    checkState(`${call}.state`, result.state);
    return result;
  };
  return Object.assign(Object.create(direction), { init, next }); // with all else that it has, also where a class made it
}

function checkState(path: string, state: unknown): void {
  if (state instanceof tf.Tensor) return;
  if (typeof state !== "object" || state === null) {
    throw new UserError(`${path} is ${state}; a state holds tensors only, such as tf.scalar(0), or records of them`);
  }
  for (const [name, node] of Object.entries(state)) checkState(`${path}.${name}`, node);
}

/** @throws `UserError` for a part that lacks a function, or is itself one, such as `momentum` without its parentheses. */
export function checkPart(kind: keyof typeof PARTS, argument: string, part: unknown): void {
  const { functions, example } = PARTS[kind];
  const members = Object.fromEntries(functions.map((name) => [name, "function" as const]));
  requireMembers(argument, part, members, `give a ${kind}, such as ${example}, or { ${functions.join(", ")} }`);
}
