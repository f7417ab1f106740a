/**
 * Gradients in φ.
 * @module
 */
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { innerProduct } from "../../runtime/tree.ts";
import type { Parameterization } from "./parameterization.ts";

/** ∇_φ ⟨c, P_φ d⟩ with c and d constant: by the parameterization's closed form, or else by differentiating P. */
export function pullback(
  parameterization: Parameterization,
  phi: Tensors,
  direction: Tensors,
  cotangent: Tensors,
): Tensors {
  if (parameterization.pullback) return parameterization.pullback(phi, direction, cotangent);
  return valueAndGradients((at) => ({
    value: innerProduct(cotangent, parameterization.precondition(at, direction)),
    auxiliary: {},
  }), phi).gradients;
}
