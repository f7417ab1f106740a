import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../runtime/errors.ts";
import { stratifiedSplit } from "../../data/stratified_split.ts";

const countOf = (indices: Uint32Array, labels: Uint8Array, label: number) =>
  indices.filter((index) => labels[index] === label).length;

Deno.test("stratifiedSplit: the largest remainders round up", () => {
  // 4 of 11: the quotas are 4·6/11 = 2.18, 4·3/11 = 1.09, 4·2/11 = 0.73
  const labels = new Uint8Array([0, 0, 0, 0, 0, 0, 1, 1, 1, 7, 7]);
  const { test } = stratifiedSplit(labels, 4, 1);
  assertEquals([0, 1, 7].map((label) => countOf(test, labels, label)), [2, 1, 1]);
});

Deno.test("stratifiedSplit: every example once, the size exact, every class within one of its share", () => {
  const labelled = fc.uint8Array({ minLength: 1, maxLength: 300, max: 9 })
    .chain((labels) => fc.tuple(fc.constant(labels), fc.nat(labels.length), fc.nat()));
  fc.assert(fc.property(labelled, ([labels, testSize, seed]) => {
    const { train, test } = stratifiedSplit(labels, testSize, seed);
    assertEquals(test.length, testSize);
    assertEquals([...train, ...test].sort((a, b) => a - b), Array.from(labels, (_, i) => i));
    for (let label = 0; label < 10; label++) {
      const quota = testSize * labels.filter((x) => x === label).length / labels.length;
      assert(Math.abs(countOf(test, labels, label) - quota) < 1);
    }
  }));
});

// The recorded order protects runs that are compared across versions: a new split would be a new test set.
Deno.test("stratifiedSplit: the seed decides, for ever", () => {
  const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 3);
  const split = stratifiedSplit(labels, 6, 0);
  assertEquals(stratifiedSplit(labels, 6, 0), split);
  assertNotEquals(stratifiedSplit(labels, 6, 1), split);
  assertEquals([...split.test], [4, 1, 2, 3, 5, 9]);
});

// Data sorted by class must not come out sorted: a prefix of the test set is a sample too.
Deno.test("stratifiedSplit: both parts are shuffled", () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, i) => Math.floor(i / 100));
  const { train, test } = stratifiedSplit(labels, 500, 3);
  for (const part of [train, test]) {
    assertNotEquals(part, part.toSorted());
    assert(new Set(Array.from(part.subarray(0, 50), (index) => labels[index])).size >= 8);
  }
});

Deno.test("stratifiedSplit: refuses a size that cannot be", () => {
  for (const testSize of [-1, 4, 1.5, NaN]) {
    assertThrows(() => stratifiedSplit(new Uint8Array(3), testSize, 0), UserError, `testSize is ${testSize}`);
  }
});
