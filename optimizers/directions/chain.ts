/**
 * Directions in sequence.
 * @module
 */
import type { Tree } from "../../runtime/tensor.ts";
import { branchOf } from "../branches.ts";
import { checkedDirection } from "../check_part.ts";
import type { Direction } from "./direction.ts";

/** Directions one after another: each takes what the one before it gives as its gradient. @throws `UserError` for one that is none. */
export function chain(...directions: readonly Direction[]): Direction<Tree> {
  const links = directions.map((link, i) => checkedDirection(`chain: directions[${i}]`, link));
  const branch = branchOf(...links);
  return {
    ...branch && { branch },
    momentum: Math.max(0, ...links.map((link) => link.momentum ?? 0)),
    init: (params) => Object.fromEntries(links.map((link, i) => [`${i}`, link.init(params)])),
    next: (gradient, state, params, at) => {
      const after: Record<string, Tree> = {};
      const direction = links.reduce((incoming, link, i) => {
        const result = link.next(incoming, state[`${i}`] as Tree, params, at);
        after[`${i}`] = result.state;
        return result.direction;
      }, gradient);
      return { direction, state: after };
    },
  };
}
