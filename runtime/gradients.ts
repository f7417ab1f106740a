/**
 * First-order gradients with respect to named parameters.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "./errors.ts";
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
 * @throws `UserError` inside another gradient: tfjs's second derivatives are wrong for many operations; without parameters, and for
 * parameters that the value does not depend on.
 */
export function valueAndGradients<A extends Tree>(
  f: (params: Tensors) => { value: Tensor; auxiliary: A },
  params: Tensors,
): ValueAndGradients<A> {
  forbidSecondOrder("valueAndGradients");
  const names = Object.keys(params);
  if (names.length === 0) {
    throw new UserError("there are no parameters to take gradients by; give a model that has some");
  }
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
    throw UNCONNECTED.test(String(error)) ? unconnected(f, params) : error;
  } finally {
    if (auxiliary) disposeTree(auxiliary);
  }
}

/** What tfjs says of a parameter that a value does not depend on, without its name. */
const UNCONNECTED = /Cannot compute gradient of y=f\(x\) with respect to x/;

/** Names them. */
function unconnected(f: (params: Tensors) => { value: Tensor; auxiliary: Tree }, params: Tensors): UserError {
  const names = Object.keys(params).filter((name) => {
    try {
      tf.tidy(() => void tf.grad((x) => f({ ...params, [name]: x }).value)(params[name]));
      return false;
    } catch {
      releaseTape();
      return true;
    }
  });
  return new UserError(
    `the loss does not depend on ${
      names.map((name) => `"${name}"`).join(", ")
    }; use each parameter, or do not declare it`,
  );
}

/** tfjs frees what it saved for a backward pass only after one: without this, a loss that throws leaks its activations. */
function releaseTape(): void {
  const state = tf.engine().state as unknown as { gradientDepth: number; activeTape?: { saved?: Tensor[] }[] | null };
  if (state.gradientDepth !== 0) return;
  for (const node of state.activeTape ?? []) node.saved?.forEach((tensor) => tensor.dispose());
  state.activeTape = null;
}
