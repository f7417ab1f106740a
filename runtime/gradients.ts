/**
 * First-order gradients with respect to named parameters.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { forbidSecondOrder } from "./first_order.ts";
import type { Tensor, Tensors, Tree } from "./tensor.ts";
import { disposeTree, mapTree } from "./tree.ts";

/** What {@linkcode valueAndGradients} returns. */
export interface ValueAndGradients<A extends Tree> {
  /** f's scalar. */
  readonly value: Tensor;
  /** ∂value/∂parameter by parameter name. */
  readonly gradients: Tensors;
  /** What else f computed on the way. */
  readonly auxiliary: A;
}

/**
 * A scalar function's value and gradients, with what else it returned (new buffers, outputs), in one pass.
 *
 * @param f Returns a scalar that depends on every parameter; tensors of `auxiliary` are constants in gradients.
 * @throws `UserError` inside another gradient: tfjs's second derivatives are wrong for many operations.
 */
export function valueAndGradients<A extends Tree>(
  f: (params: Tensors) => { value: Tensor; auxiliary: A },
  params: Tensors,
): ValueAndGradients<A> {
  forbidSecondOrder("valueAndGradients");
  const names = Object.keys(params);
  let auxiliary: A | undefined;
  try {
    const { value, grads } = tf.valueAndGrads((...leaves: Tensor[]) => {
      const result = f(Object.fromEntries(names.map((name, i) => [name, leaves[i]])));
      auxiliary = mapTree(result.auxiliary, (tensor) => tf.keep(tensor.clone())); // outlives the tape's own tidy
      return result.value as tf.Scalar;
    })(names.map((name) => params[name]));
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]]));
    const handedOver = mapTree(auxiliary!, (tensor) => tensor.clone()); // tracked by the caller's tidy, unlike a kept one
    return { value, gradients, auxiliary: handedOver };
  } catch (error) {
    releaseTape();
    throw error;
  } finally {
    if (auxiliary) disposeTree(auxiliary);
  }
}

/** tfjs frees what it saved for a backward pass only after one: without this, a loss that throws leaks its activations. */
function releaseTape(): void {
  const state = tf.engine().state as unknown as { gradientDepth: number; activeTape?: { saved?: Tensor[] }[] | null };
  if (state.gradientDepth !== 0) return;
  for (const node of state.activeTape ?? []) node.saved?.forEach((tensor) => tensor.dispose());
  state.activeTape = null;
}
