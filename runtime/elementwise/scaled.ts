/**
 * Tensors times a number.
 * @module
 */
import { elementwise } from "./elementwise.ts";

/** x ← factor · x, one factor for all tensors. */
export const scaled = elementwise(({ x, factor }) => ({ x: x.mul(factor) }));
