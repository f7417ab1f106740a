/**
 * Tensors less others.
 * @module
 */
import { elementwise } from "./elementwise.ts";

/** a − b. */
export const difference = elementwise(({ a, b }) => ({ x: a.sub(b) }));
