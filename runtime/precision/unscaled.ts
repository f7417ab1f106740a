/**
 * Gradients of scaled losses, brought back to size.
 * @module
 */
import { elementwise } from "../elementwise/elementwise.ts";
import type { Tensors } from "../tensor.ts";
import { inFloat32, lossScaleNow } from "./scope.ts";

const divided = elementwise(({ x, scale }) => ({ x: x.div(scale) }));

/**
 * What was propagated back from the loss times its scale, divided by the scale that holds now; the same tensors where none does. In float32,
 * or what scaling has saved would be lost again.
 */
export function unscaled(gradients: Tensors): Tensors {
  const scale = lossScaleNow();
  return scale ? inFloat32(() => divided({ x: gradients, scale }).x) : gradients;
}
