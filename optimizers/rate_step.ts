/**
 * Steps of a learning rate.
 * @module
 */
import { elementwise } from "../runtime/elementwise/elementwise.ts";

/** x ← x − rate · direction, one rate for all tensors. */
export const rateStep = elementwise(({ x, direction, rate }) => ({ x: x.sub(direction.mul(rate)) }));
