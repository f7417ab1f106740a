/** Pairs of sequences in batches. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { chooseBackend, random, tokenPairs, UserError } from "../../../mod.ts";
import { disposeBatch } from "../../../data/dataset.ts";
import { roundedLengths } from "../../../data/text/length_classes.ts";
import { sequenceSampler } from "../../../data/sequence_sampler.ts";

await chooseBackend("cpu");

const draw = random(4, "pairs");
const sentence = () => Array.from({ length: 1 + draw.integer(20) }, () => 3 + draw.integer(9));
const pairs = { source: Array.from({ length: 300 }, sentence), target: Array.from({ length: 300 }, sentence) };
const ends = { start: 1, end: 2 };

Deno.test("roundedLengths: no other classes pad less", () => {
  const lengths = [1, 1, 1, 2, 4, 4, 5, 5, 5, 9], sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
  const distinct = [1, 2, 4, 5, 9];
  for (const count of [1, 2, 3, 4, 5, 8]) {
    const rounded = roundedLengths(lengths, count);
    assert(new Set(rounded).size <= count && rounded.every((length, i) => length >= lengths[i]));
    for (let chosen = 0; chosen < 32; chosen++) { // all sets of ends
      const ends = distinct.filter((_, i) => chosen >> i & 1);
      if (ends.length > count || !ends.includes(9)) continue;
      assert(sum(rounded) <= sum(lengths.map((length) => ends.find((end) => end >= length)!)), `${ends}`);
    }
  }
});

Deno.test("tokenPairs with few shapes: batches of these alone, in epochs of all pairs", () => {
  const data = tokenPairs({ ...pairs, ...ends, shapes: 4 }), seen = new Set<string>();
  const order = sequenceSampler(data.lengths!, 100, 0);
  for (let step = 0, count = 0; count < 3 * data.size; step++) {
    const indices = order.indices(step), batch = data.batch(indices);
    count += indices.length;
    seen.add(`${batch.inputs.source.shape} ${batch.inputs.target.shape} ${batch.targets.shape}`);
    disposeBatch(batch);
  }
  assert(seen.size <= 5, [...seen].join("; ")); // the longest may be too few to fill a batch
});

Deno.test("tokenPairs: without a number of shapes a batch is as wide as its longest source and target; bad tokens are refused", () => {
  const data = tokenPairs({ ...pairs, ...ends }), batch = data.batch([3, 17]);
  const longest = (of: number[][]) => 1 + Math.max(of[3].length, of[17].length);
  assertEquals([batch.inputs.source.shape, batch.targets.shape], [[2, longest(pairs.source)], [
    2,
    longest(pairs.target),
  ]]);
  disposeBatch(batch);
  const refused: [Partial<typeof pairs>, string][] = [
    [{ target: pairs.target.slice(1) }, "tokenPairs: 300 sources and 299 targets; give a target for each source"],
    [{ source: [], target: [] }, "tokenPairs: there are none; give one or more"],
    [{ source: pairs.source.with(5, [3, 0]) }, "tokenPairs: source[5][1] is 0; give whole numbers from 1"],
    [{ target: pairs.target.with(7, [1.5]) }, "tokenPairs: target[7][0] is 1.5; give whole numbers from 1"],
  ];
  for (const wrong of [{ end: 0 }, { start: undefined }, { shapes: 1.5 }]) {
    const message = `tokenPairs: ${Object.keys(wrong)[0]} is ${Object.values(wrong)[0]}; give a positive whole number`;
    assertThrows(() => tokenPairs({ ...pairs, ...ends, ...wrong as { end: number } }), UserError, message);
  }
  for (const [wrong, message] of refused) {
    assertThrows(() => tokenPairs({ ...pairs, ...wrong, ...ends }), UserError, message);
  }
});
