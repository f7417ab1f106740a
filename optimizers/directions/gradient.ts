/**
 * The identity direction.
 * @module
 */
import type { Direction } from "./direction.ts";

/** d = g: gradient descent, `torch.optim.SGD`. */
export function gradient(): Direction<Record<never, never>> {
  return { init: () => ({}), next: (gradient) => ({ direction: gradient, state: {} }) };
}
