/**
 * Products with the Jacobian of a network's outputs, exact, of first derivatives alone.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import { forbidSecondOrder } from "../../runtime/first_order.ts";
import { reversePass } from "../../runtime/reverse_pass.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { innerProduct } from "../../runtime/tree.ts";

/** f and its derivative at a point. */
export interface JacobianProducts {
  /** f(θ). */
  readonly outputs: Tensor;
  /** J v, of the shape of the outputs. */
  times(v: Tensors): Tensor;
  /** Jᵀ w. */
  transposeTimes(w: Tensor): Tensors;
}

/**
 * J v and Jᵀ w of f at θ. tfjs has reverse derivatives only: Jᵀ w is one, and as it is linear in w, J v is the gradient of
 * ⟨Jᵀ w, v⟩ in w. That differentiates a backward pass, but only in w: nothing that tfjs saved of the forward pass is
 * differentiated, which is where its second derivatives are wrong. Call it inside `tf.tidy`.
 *
 * @param f From parameters to outputs, made of operations whose derivatives are differentiable themselves: dense layers with any
 * activation are; max pooling and convolutions, in tfjs, are not.
 *   A parameter that the outputs do not depend on counts as one whose derivatives are 0.
 * @throws `UserError` for others, when `times` is called.
 */
export function jacobianProducts(f: (params: Tensors) => Tensor, params: Tensors): JacobianProducts {
  forbidSecondOrder("jacobianProducts");
  const outputs = f(params);
  const transposeTimes = (w: Tensor): Tensors => reversePass(f, params, w).gradients;
  const times = (v: Tensors): Tensor => {
    try {
      return reversePass(({ w }) => innerProduct(transposeTimes(w), v), { w: tf.zerosLike(outputs) }).gradients.w;
    } catch (error) {
      const missing = /gradient function not found for (\w+)/.exec(String(error))?.[1];
      if (missing === undefined) throw error;
      throw new UserError(
        `jacobianProducts: tfjs cannot differentiate ${missing}, a derivative of the model's; use dense layers alone`,
      );
    }
  };
  return { outputs, times, transposeTimes };
}
