/** Numbers of tensors, and when they are near enough. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Tensors } from "../../runtime/tensor.ts";
import { disposeTree } from "../../runtime/tree.ts";

/** Asserts the same numbers, up to a part of the largest expected one, or of 0.1. */
export function assertClose(actual: number[], expected: number[], tolerance: number, what: string): void {
  assertEquals(actual.length, expected.length, what);
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0.1);
  actual.forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance * largest, `${what} ${i}`));
}

/** The numbers of tensors, which are disposed of. */
export async function numbersOf<Name extends string>(tensors: Tensors): Promise<Record<Name, number[]>> {
  const read = await Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => [name, [...await tensor.data()]]),
  );
  disposeTree(tensors);
  return Object.fromEntries(read) as Record<Name, number[]>;
}
