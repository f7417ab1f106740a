/** Batches of sequences: by length, all in each epoch, the same shapes every epoch. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { UserError } from "../../mod.ts";
import { random } from "../../runtime/random.ts";
import { batchesOf, extentOf, metaBatchesOf } from "../../data/batches.ts";
import { sequenceMetaSampler, sequenceSampler } from "../../data/sequence_sampler.ts";

/** Lengths as sentences have them: 3 to about 60, most of them near 15. */
const draw = random(1, "lengths");
const lengths = Array.from(
  { length: 3000 },
  () => Math.max(3, Math.min(60, Math.round(15 * Math.exp(0.4 * draw.normal())))),
);
const longest = Math.max(...lengths);
const total = lengths.reduce((sum, length) => sum + length, 0), TOKENS = 400;
const longestOf = (batch: ArrayLike<number>) => Math.max(...Array.from(batch, (i) => lengths[i]));
const shapeOf = (batch: ArrayLike<number>) => `${batch.length} × ${longestOf(batch)}`;

/** The batches of the epochs: an epoch ends when all examples have been. */
function epochs(batches: ReturnType<typeof sequenceSampler>, count: number): Uint32Array[][] {
  let step = 0;
  return Array.from({ length: count }, () => {
    const epoch: Uint32Array[] = [];
    for (let seen = 0; seen < lengths.length;) {
      const batch = batches.indices(step++);
      seen += batch.length;
      epoch.push(batch);
    }
    return epoch;
  });
}

Deno.test("sequenceSampler: every example once an epoch, no batch over the tokens, the same shapes every epoch, little padding", () => {
  const [first, second, third] = epochs(sequenceSampler(lengths, TOKENS, 3), 3);
  for (const epoch of [first, second, third]) {
    assertEquals(epoch.flatMap((batch) => [...batch]).sort((a, b) => a - b), lengths.map((_, i) => i));
    const padded = epoch.reduce((sum, batch) => sum + batch.length * longestOf(batch), 0);
    assert(padded / total < 1.03, `padding: × ${padded / total}`);
    for (const batch of epoch) assert(batch.length * longestOf(batch) <= TOKENS, shapeOf(batch));
    assertEquals(epoch.map(shapeOf).sort(), first.map(shapeOf).sort());
  }
  const sets = (epoch: Uint32Array[]) => epoch.map((batch) => [...batch].sort().join()).sort();
  assertNotEquals(sets(first), sets(second));
  assertNotEquals(first.map(shapeOf), second.map(shapeOf), "in another order");
  const short = first.slice(0, 20).map(longestOf);
  assertNotEquals(short, short.toSorted((a, b) => a - b), "and not by length");
});

Deno.test("sequenceSampler: few sequences of many lengths have the same shapes every epoch, too", () => {
  for (let seed = 0; seed < 100; seed++) {
    const draw = random(seed, "few"), few = Array.from({ length: 3 + draw.integer(12) }, () => 1 + draw.integer(9));
    const sum = few.reduce((a, b) => a + b, 0), tokens = Math.min(sum, 9 + draw.integer(10));
    const batches = sequenceSampler(few, tokens, seed), shapes: string[] = [];
    for (let epoch = 0, step = 0; epoch < 4; epoch++) {
      const found: string[] = [], all: number[] = [];
      while (all.length < few.length) {
        const batch = batches.indices(step++);
        all.push(...batch);
        found.push(`${batch.length} × ${Math.max(...Array.from(batch, (i) => few[i]))}`);
      }
      assertEquals(all.sort((a, b) => a - b), few.map((_, i) => i));
      shapes.push(found.sort().join());
    }
    assertEquals(new Set(shapes).size, 1, `${few} in ${tokens}: ${shapes.join(" | ")}`);
  }
});

Deno.test("sequenceSampler: a function of seed, stream and step, in whichever order steps are asked for", () => {
  const steps = Array.from({ length: 300 }, (_, i) => 7 * i % 300), forwards = sequenceSampler(lengths, TOKENS, 3);
  const expected = Array.from({ length: 300 }, (_, step) => [...forwards.indices(step)]);
  const other = sequenceSampler(lengths, TOKENS, 3);
  for (const step of steps) assertEquals([...other.indices(step)], expected[step]);
  assertNotEquals([...sequenceSampler(lengths, TOKENS, 4).indices(0)], expected[0]);
  assertNotEquals([...sequenceSampler(lengths, TOKENS, 3, "metaBatch").indices(0)], expected[0]);
});

Deno.test("sequenceMetaSampler: nothing of B, and B's shape; a share of it; where B has all that are as long, one of these", () => {
  const batches = sequenceSampler(lengths, TOKENS, 3), whole = sequenceMetaSampler(lengths, 1, 3, batches);
  const quarter = sequenceMetaSampler(lengths, 0.25, 3, batches);
  let shared = 0;
  for (let step = 0; step < 400; step++) {
    const b = batches.indices(step), m = whole.indices(step), few = quarter.indices(step);
    assertEquals([shapeOf(m), new Set(m).size], [shapeOf(b), m.length]);
    assertEquals([few.length, longestOf(few)], [Math.max(1, Math.round(b.length / 4)), longestOf(b)]);
    const common = [...m].filter((i) => b.includes(i));
    if (common.length === 0) continue;
    shared++;
    assertEquals(common.length, 1);
    assert(lengths.every((length, i) => length !== longestOf(b) || b.includes(i)), "there is no other of this length");
    assertEquals([...whole.indices(step)], [...m], "a function of the step");
  }
  assert(shared < 20, `${shared}`);
  const two = sequenceSampler([5, 5], 10, 0); // all there are
  assertEquals([...sequenceMetaSampler([5, 5], 1, 0, two).indices(0)].sort(), [0, 1]);
});

Deno.test("sequenceMetaSampler: all of a length that are not in B are as likely", () => {
  const equal = new Array(12).fill(4), counts = new Float64Array(12), trials = 6000;
  for (let seed = 0; seed < trials; seed++) {
    const batches = sequenceSampler(equal, 16, seed);
    for (const i of sequenceMetaSampler(equal, 0.5, seed, batches).indices(1)) counts[i]++;
  }
  for (const count of counts) assertAlmostEquals(count / trials, 2 / 12, 4 * Math.sqrt(10 / 144 / trials * 2));
});

Deno.test("sequenceSampler: sizes that cannot be are refused; extents count tokens", () => {
  for (const tokens of [longest - 1, 2.5, NaN, total + 1]) {
    const message =
      `batch size is ${tokens}; give a whole number from ${longest}, the tokens of the longest sequence, to ${total}`;
    assertThrows(() => sequenceSampler(lengths, tokens, 0), UserError, message);
  }
  assertEquals(extentOf({ size: 3000, lengths }), { unit: "tokens", all: total, least: longest, usual: 1000 });
  assertEquals(extentOf({ size: 2, lengths: [9, 4] }), { unit: "tokens", all: 13, least: 9, usual: 13 });
  assertEquals(extentOf({ size: 50 }), { unit: "examples", all: 50, least: 1, usual: 50 });
  const plain = { size: 50, batch: () => ({}) as never }, batches = batchesOf(plain, 10, 0);
  assertEquals(batches.indices(0).length, 10);
  const sequences = { ...plain, size: 3000, lengths }, ofTokens = batchesOf(sequences, TOKENS, 0);
  for (const size of [0, -4, 1.5, NaN, total + 1]) {
    const message = `metaBatch size is ${size}; give a whole number from 1 to ${total}`,
      beside = { batches: ofTokens, batchSize: TOKENS };
    assertThrows(() => metaBatchesOf(sequences, size, 0, beside), UserError, message);
  }
  assertEquals(metaBatchesOf(plain, 5, 0, { batches, batchSize: 10 }).indices(0).length, 5);
});
