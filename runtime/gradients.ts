/**
 * First-order gradients with respect to named parameters.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { forbidSecondOrder } from "./first_order.ts";
import { reversePass } from "./reverse_pass.ts";
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
  let auxiliary: A | undefined;
  try {
    const pass = reversePass((at) => {
      const result = f(at);
      auxiliary = mapTree(result.auxiliary, (tensor) => tf.keep(tensor.clone())); // outlives the tape's own tidy
      return result.value;
    }, params);
    const handedOver = mapTree(auxiliary!, (tensor) => tensor.clone()); // tracked by the caller's tidy, unlike a kept one
    return { ...pass, auxiliary: handedOver };
  } finally {
    if (auxiliary) disposeTree(auxiliary);
  }
}
