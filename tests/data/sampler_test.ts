import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { UserError } from "../../mod.ts";
import { random } from "../../runtime/random.ts";
import { metaSampler, sampler } from "../../data/sampler.ts";

const inCommon = (a: Uint32Array, b: Uint32Array) => Array.from(a).filter((index) => b.includes(index)).length;

/** B and B′ of a step. */
function pair(size: number, n: number, m: number, seed = 3) {
  const batches = sampler(size, n, seed), metaBatches = metaSampler(size, m, seed, batches);
  return (step: number) => ({ b: batches.indices(step), m: metaBatches.indices(step) });
}

Deno.test("metaSampler: B′ has nothing of B where there are examples enough, and as little as possible where not", () => {
  for (
    const [size, n, m, common] of [[100, 50, 50, 0], [100, 60, 40, 0], [100, 60, 60, 20], [10, 10, 3, 3], [1, 1, 1, 1]]
  ) {
    const at = pair(size, n, m);
    for (let step = 0; step < 50; step++) {
      const { b, m: other } = at(step);
      assertEquals([b.length, other.length, new Set(other).size], [n, m, m]);
      assertEquals(inCommon(b, other), common, `${size} examples, ${n} and ${m}, step ${step}`);
      if (common === 0) continue;
      for (let index = 0; index < size; index++) assert(b.includes(index) || other.includes(index));
    }
  }
});

Deno.test("sampler: the order of B is that of the seed's permutations; B′ has a stream of its own", () => {
  const at = pair(100, 30, 20);
  for (const step of [0, 1, 2, 3, 7]) {
    const order = random(3, `batch/epoch ${Math.floor(step / 3)}`).permutation(100), start = step % 3 * 30;
    assertEquals(at(step).b, order.subarray(start, start + 30));
    const own = random(3, `metaBatch/epoch ${Math.floor(step / 5)}`).permutation(100);
    const rest = Array.from({ length: 100 }, (_, i) => own[(step % 5 * 20 + i) % 100]).filter((i) =>
      !at(step).b.includes(i)
    );
    assertEquals(Array.from(at(step).m), rest.slice(0, 20));
  }
  assertNotEquals(pair(100, 30, 20, 4)(0).m, at(0).m);
});

Deno.test("metaSampler: a function of the step, in whichever order steps are asked for", () => {
  const forwards = pair(50, 20, 20), steps = Array.from({ length: 9 }, (_, step) => forwards(step).m);
  const backwards = pair(50, 20, 20);
  for (let step = 8; step >= 0; step--) assertEquals(backwards(step).m, steps[step]);
});

// Independent: each example that is not in B is as likely to be in B′ as any other.
Deno.test("metaSampler: all examples that are not in B are as likely", () => {
  const counts = new Float64Array(20), trials = 20_000;
  for (let seed = 0; seed < trials; seed++) {
    const { b, m } = pair(20, 8, 5, seed)(1);
    for (const index of m) counts[index]++;
    assertEquals(inCommon(b, m), 0);
  }
  for (const count of counts) assertAlmostEquals(count / trials, 5 / 20, 4 * Math.sqrt(0.25 * 0.75 / trials));
});

Deno.test("sampler, metaSampler: sizes that cannot be are refused", () => {
  assertThrows(() => sampler(10, 11, 0), UserError, "batch size is 11; give a whole number from 1 to 10");
  assertThrows(() => metaSampler(10, 0, 0, sampler(10, 5, 0)), UserError, "metaBatch size is 0");
});
