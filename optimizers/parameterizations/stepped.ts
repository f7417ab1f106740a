/**
 * The step that a parameterization makes.
 * @module
 */
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import type { Parameterization } from "./parameterization.ts";

const difference = elementwise(({ x, update }) => ({ x: x.sub(update) }));

/** θ − P_φ d: the lookahead u, and where θ goes. */
export function stepped(
  parameterization: Parameterization,
  phi: Tensors,
  params: Tensors,
  direction: Tensors,
): Tensors {
  if (parameterization.step) return parameterization.step(phi, params, direction);
  return difference({ x: params, update: parameterization.precondition(phi, direction) }).x;
}
