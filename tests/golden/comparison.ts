/** Comparison of arrays by the golden README's tolerance. */
import { assert } from "@std/assert";
import type { Tensor } from "../../mod.ts";

/** A flat row-major array with its shape, as golden files hold it. */
export interface Recorded {
  readonly shape: number[];
  readonly data: number[];
}

/** Compares and keeps count. */
export interface Compare {
  (
    what: string,
    actual: Tensor | number | ArrayLike<number>,
    expected: Recorded | number | number[],
    tolerance?: number,
  ): void;
  count: number;
  largest: number;
}

/** |actual − expected| ≤ `tolerance` · max|expected| + 1e-6, array by array; a comparison may have a tolerance of its own. */
export function comparison(usual: number): Compare {
  const compare = ((what, actual, expected, tolerance = usual) => {
    const ours = typeof actual === "number" ? [actual] : "dataSync" in actual ? (actual as Tensor).dataSync() : actual;
    const theirs = typeof expected === "number" ? [expected] : Array.isArray(expected) ? expected : expected.data;
    assert(ours.length === theirs.length, `${what}: ${ours.length} values, ${theirs.length} expected`);
    const size = Math.max(...theirs.map(Math.abs));
    theirs.forEach((value, i) => {
      const error = Math.abs(ours[i] - value);
      assert(error <= tolerance * size + 1e-6, `${what}[${i}]: ${ours[i]} instead of ${value}`); // fails for NaN too
      compare.largest = Math.max(compare.largest, size > 1e-3 ? error / size : 0);
    });
    compare.count++;
  }) as Compare;
  return Object.assign(compare, { count: 0, largest: 0 });
}
