/**
 * First-order gradients with respect to named parameters.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { forbidSecondOrder } from "./first_order.ts";
import { type ReversePass, reversePasses } from "./reverse_pass.ts";
import type { Tensor, Tensors, Tree } from "./tensor.ts";
import { disposeTree, mapTree } from "./tree.ts";

/** What {@linkcode valueAndGradients} returns. */
export interface ValueAndGradients<A extends Tree> {
  /** f's scalar. */
  readonly value: Tensor;
  /** ∂value/∂parameter by parameter name. */
  readonly gradients: Tensors;
  /** The parameters that the value does not depend on: their gradients are 0. */
  readonly unused: readonly string[];
  /** What else f computed on the way. */
  readonly auxiliary: A;
}

/**
 * A scalar function's value and gradients, with what else it returned (new buffers, outputs), in one pass.
 *
 * @param f Returns a scalar that depends on some of the parameters, the gradients of the others being 0; tensors of `auxiliary` are
 *   constants in gradients.
 * @throws `UserError` if the value is no scalar or depends on no parameter; and inside another gradient, as tfjs's second derivatives
 *   are wrong for many operations.
 */
export function valueAndGradients<A extends Tree>(
  f: (params: Tensors) => { value: Tensor; auxiliary: A },
  params: Tensors,
): ValueAndGradients<A> {
  forbidSecondOrder("valueAndGradients");
  const { passes: [pass], auxiliary } = valuesAndGradients((at) => {
    const { value, auxiliary } = f(at);
    return { values: [value], auxiliary };
  }, params);
  return { ...pass, auxiliary };
}

/** What {@linkcode valuesAndGradients} returns. */
export interface ValuesAndGradients<A extends Tree> {
  /** Of each value, in their order. */
  readonly passes: readonly ReversePass[];
  /** What else f computed on the way. */
  readonly auxiliary: A;
}

/** The same of several scalars that f computes together, with one pass forward and a pass back for each. */
export function valuesAndGradients<A extends Tree>(
  f: (params: Tensors) => { values: readonly Tensor[]; auxiliary: A },
  params: Tensors,
): ValuesAndGradients<A> {
  forbidSecondOrder("valuesAndGradients");
  let auxiliary: A | undefined;
  try {
    const passes = reversePasses((at) => {
      const result = f(at);
      auxiliary = mapTree(result.auxiliary, (tensor) => tf.keep(tensor.clone())); // outlives the tape's own tidy
      return result.values;
    }, params);
    const handedOver = mapTree(auxiliary!, (tensor) => tensor.clone()); // tracked by the caller's tidy, unlike a kept one
    return { passes, auxiliary: handedOver };
  } finally {
    if (auxiliary) disposeTree(auxiliary);
  }
}

/** What a function computes, as a constant in the gradient that is being taken. It may take gradients of its own. */
export function constant<R>(compute: () => R): R {
  const { state } = tf.engine() as unknown as { readonly state: { gradientDepth: number; activeTape?: unknown } };
  const { gradientDepth, activeTape } = state;
  state.gradientDepth = 0; // nothing is taped
  try {
    return compute();
  } finally {
    Object.assign(state, { gradientDepth, activeTape });
  }
}
