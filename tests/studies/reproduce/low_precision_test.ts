/** What is read off losses in narrow formats. The recipe itself is in `recipes_test.ts`. */
import { assertEquals } from "@std/assert";
import { smallestDamping } from "../../../studies/reproduce/low_precision/dampings.ts";
import { fallsOff, fallTable } from "../../../studies/reproduce/low_precision/mantissas.ts";

const line = (...ys: number[]) => ({ name: "kfac", points: ys.map((y, i) => ({ x: 4 + i, y })) });

Deno.test("low precision: a method falls off at the most bits with which it is above the bound, whatever fewer bits do", () => {
  assertEquals(fallsOff(line(1, 1.5, 0.9)), undefined);
  assertEquals(fallsOff(line(9, 1.6, 1.5, 1)), 5);
  assertEquals(fallsOff(line(1, 1.2, 1.6, 1)), 6);
  assertEquals(fallsOff(line(1, Infinity, 1)), 5, "it diverged");
  assertEquals(fallsOff(line(1, 1, NaN)), 6, "its process failed");
  const cases = [{ name: "digits", lines: [line(2, 1)] }, { name: "table", lines: [line(1, 1)] }];
  assertEquals(fallTable(cases, [4, 5]).rows, [[{ text: "kfac" }, { text: "4" }, { text: "holds down to 4" }]]);
});

Deno.test("low precision: the smallest damping that survives, though a larger one does not; and that does so with every inverse", () => {
  const dampings = [1e-8, 1e-6, 1e-2], none = [0, 0, 0];
  const smallest = (ratios: readonly number[], failures: readonly number[] = none, most?: number) =>
    smallestDamping({ name: "", ratios, failures }, dampings, most);
  assertEquals(smallest([1.6, 1.5, 1]), 1e-6);
  assertEquals(smallest([1, 7, 1]), 1e-8);
  assertEquals(smallest([Infinity, NaN, 1.4]), 1e-2);
  assertEquals(smallest([Infinity, NaN, 1.6]), undefined);
  assertEquals(smallest([1, 1, 1], [2, 1, 0]), 1e-8);
  assertEquals(smallest([1, 1, 1], [2, 1, 0], 0), 1e-2);
  assertEquals(smallest([1, 1, 1], [2, 1, 1], 0), undefined);
});
