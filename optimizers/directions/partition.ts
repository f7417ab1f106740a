/**
 * Parameter groups: another direction for each kind of parameter.
 * @module
 */
import type { Leaf, Leaves } from "../../models/model.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { branchOf } from "../branches.ts";
import { checkedDirection } from "../check_part.ts";
import type { Direction } from "./direction.ts";

/**
 * Directions for groups of parameters, as `optax.partition`: Muon on matrices, say, and Adam on embeddings, norms and biases.
 * Each group has a state of its own, and sees its own parameters alone. One learning rate scales them all; where groups need
 * other rates, learn them with `perBlockRates`, or end a group's `chain` with {@linkcode scaledBy}.
 *
 * @param leaves Of the model.
 * @param directions By the labels of their groups.
 * @param label The group of a parameter.
 * @throws `UserError` for a direction that lacks a member, and a label that has no direction, naming the parameter.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adam, chain, mlp, muon, partition, scaledBy } from "@amortized/apo";
 *
 * const { leaves } = mlp([784, 256, 10]);
 * const groups = { matrices: muon({ leaves }), others: chain(adam(), scaledBy(0.05)) };
 * const direction = partition(leaves, groups, ({ role }) => role === "dense" ? "matrices" : "others");
 * assertEquals(direction.momentum, 0.95);
 * ```
 */
export function partition<Label extends string>(
  leaves: Leaves,
  directions: Readonly<Record<Label, Direction>>,
  label: (leaf: Leaf, name: string) => Label,
): Direction<Tree> {
  const groups = (Object.entries(directions) as [Label, Direction][]).map(([group, direction]) =>
    [group, checkedDirection(`partition: directions.${group}`, direction)] as const
  );
  const labels: Record<string, Label> = {};
  for (const [name, leaf] of Object.entries(leaves)) {
    const own = labels[name] = label(leaf, name);
    if (own in directions) continue;
    throw new UserError(
      `partition: "${name}" has the label "${own}"; give it a direction, or one of: ${
        groups.map(([g]) => g).join(", ")
      }`,
    );
  }
  const only = (group: Label, tensors: Tensors): Tensors =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => labels[name] === group));
  const branch = branchOf(...groups.map(([, direction]) => direction));
  return {
    ...branch && { branch },
    momentum: Math.max(...groups.map(([, { momentum = 0 }]) => momentum)),
    init: (params) =>
      Object.fromEntries(groups.map(([group, direction]) => [group, direction.init(only(group, params))])),
    next: (gradient, state, params, at) => {
      const after: Record<string, Tree> = {}, moved: Record<string, Tensor> = {};
      for (const [group, direction] of groups) {
        const next = direction.next(only(group, gradient), state[group] as Tree, only(group, params), at);
        after[group] = next.state;
        Object.assign(moved, next.direction);
      }
      return { direction: mapTensors(gradient, (_, name) => moved[name]), state: after }; // in the gradient's order
    },
  };
}
