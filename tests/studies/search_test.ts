import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { best, type Careful, isInside, lineThrough, nextPoint, type Trial } from "../../studies/search.ts";

/** So many trials of a function of decades. */
function searched(count: number, careful: Careful, loss: (at: readonly number[]) => number): Trial[] {
  const trials: Trial[] = [];
  while (trials.length < count) {
    const at = nextPoint(trials, careful);
    trials.push({ at, loss: loss(at) });
  }
  return trials;
}

const values = (trials: readonly Trial[]) => trials.map(({ at }) => at[0]);

Deno.test("search: half a decade up and down first, then half of that", () => {
  const trials = searched(7, [-1], ([x]) => x ** 2);
  assertEquals(values(trials), [0, 0.5, -0.5, 0.25, -0.25, 0.125, -0.125]);
  assert(isInside(trials, [-1], 0));
});

Deno.test("search: the grid is widened until the best is inside, in both directions, then refined", () => {
  assertEquals(values(searched(7, [-1], ([x]) => Math.abs(x - 1.6))), [0, 0.5, 1, 1.5, 2, 1.75, 1.25]);
  assertEquals(values(searched(7, [-1], ([x]) => Math.abs(x + 1.1))), [0, 0.5, -0.5, -1, -1.5, -0.75, -1.25]);
});

Deno.test("search: a best value at the border says so", () => {
  const trials = searched(5, [-1], ([x]) => -x);
  assertEquals(values(trials), [0, 0.5, 1, 1.5, 2]);
  assertEquals(isInside(trials, [-1], 0), false);
});

Deno.test("search: from a start that diverges it takes whole decades to where training goes well", () => {
  const loss = ([x]: readonly number[]) => x > -2.2 ? Infinity : Math.abs(x + 3);
  const trials = searched(7, [-1], loss);
  assertEquals(values(trials), [0, -1, -2, -3, -2.5, -3.5, -2.75]);
  assertEquals(best(trials, [-1])!.at, [-3]);
  assertEquals(values(searched(3, [1], () => Infinity)), [0, 1, 2], "λ_FSD is more careful where it is larger");
  assertEquals(isInside(searched(7, [-1], () => Infinity), [-1], 0), false);
});

Deno.test("search: two knobs, one after the other, in the same number of trials", () => {
  const trials = searched(7, [1, -1], ([x, y]) => (x - 0.5) ** 2 + 2 * (y + 0.5) ** 2);
  assertEquals(trials.length, 7);
  assertEquals(trials.map(({ at }) => at), [[0, 0], [0.5, 0], [1, 0], [0.5, 0.5], [0.5, -0.5], [1, -0.5], [0, -0.5]]);
  assertEquals(best(trials, [1, -1])!.at, [0.5, -0.5]);
  assertEquals([0, 1].map((knob) => isInside(trials, [1, -1], knob)), [true, false]);
});

Deno.test("search: never the same trial twice, each beside one before, and the best gets no worse", () => {
  const knobs = fc.integer({ min: 1, max: 3 });
  const centre = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(knobs, centre, (count, centre) => {
    const careful = Array.from({ length: count }, () => -1 as const);
    const trials = searched(15, careful, (at) => at.reduce((sum, x, i) => sum + (x - centre[i]) ** 2, 0));
    assertEquals(new Set(trials.map(({ at }) => `${at}`)).size, 15);
    for (const [i, { at }] of trials.entries()) {
      const before = trials.slice(0, i);
      assert(i === 0 || before.some((other) => other.at.filter((x, knob) => x !== at[knob]).length === 1));
    }
  }));
});

Deno.test("search: the best of equals is the first; a line goes through the trials that differ in one knob", () => {
  const trials = [{ at: [0, 0], loss: 2 }, { at: [1, 0], loss: 1 }, { at: [-1, 0], loss: 1 }, { at: [1, 1], loss: 3 }];
  assertEquals(best(trials, [1, 1]), trials[1]);
  assertEquals(lineThrough(trials, trials[1], 0), [trials[2], trials[0], trials[1]]);
  assertEquals(lineThrough(trials, trials[1], 1), [trials[1], trials[3]]);
  assertEquals(best([], [1]), undefined);
});
