/**
 * The step that a parameterization makes.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { Parameterization } from "./parameterization.ts";

/** θ − P_φ d: the lookahead u, and where θ goes. */
export function stepped(
  parameterization: Parameterization,
  phi: Tensors,
  params: Tensors,
  direction: Tensors,
): Tensors {
  if (parameterization.step) return parameterization.step(phi, params, direction);
  const update = parameterization.precondition(phi, direction);
  return mapTensors(params, (x, name) => tf.sub(x, update[name]));
}
