import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { softmax } from "../../proximal/output.ts";
import { cycleOf, cycling } from "../../bench/cycle.ts";
import { CENTRE, LEFT_OUT, optimizerAt, optimizers } from "../../bench/setup.ts";
import { mlp } from "../../models/networks/networks.ts";
import { catalogue } from "../../optimizers/catalogue/catalogue.ts";
import type { Carry } from "../../optimizers/optimizer.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { rows } from "../../data/rows.ts";

const work = (costs: (step: number) => number, seen: number[] = []) => ({
  run: (_: number, from: number) => {
    seen.push(from);
    return Promise.resolve(costs(from));
  },
});

Deno.test("cycling: the mean over whole cycles, of few steps", async () => {
  const seen: number[] = [], cycle = { period: 20, due: [0, 10] };
  const costs = (step: number) => step % 20 === 0 ? 100 : step % 20 === 10 ? 30 : 1;
  const contestant = cycling(work(costs, seen), cycle, { milliseconds: 50, first: 30 });
  assertAlmostEquals(await contestant.block(), (100 + 30 + 18) / 20, 1e-12);
  assertEquals(seen, [40, 50, 41]);
  await contestant.block();
  assertEquals(seen.slice(3), [60, 70, 61]);
});

Deno.test("cycling: as many steps and cycles as there is time for; a cycle of steps that are all due", async () => {
  const seen: number[] = [];
  const block = (cycle: { period: number; due: readonly number[] }) =>
    cycling(work(() => 5, seen), cycle, { milliseconds: 50, first: 0 }).block();
  assertEquals(await block({ period: 1, due: [] }), 5);
  assertEquals(seen.splice(0), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(await block({ period: 1, due: [0] }), 5);
  assertEquals(seen.splice(0), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(await block({ period: 3, due: [0] }), 5);
  assertEquals(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]); // a cycle is not broken off before one of the others
});

/** How many tensors there ever were. */
function tensorsMade(): number {
  return tf.tidy(() => tf.scalar(0).id);
}

// The periods are written down twice, in the optimizers and in cycleOf: this fails when they differ.
for (const name of ["adam", "muon", "shampoo", "soap", "kfac", "apo-momentum", "apo-kfac"]) {
  Deno.test(`cycleOf: ${name} has more to do where it says so, and nowhere else`, async () => {
    await chooseBackend("cpu");
    const problem = { model: mlp([4, 3, 2]), output: softmax() };
    const inputs = Array.from({ length: 8 }, (_, i) => [0, 1, 2, 3].map((j) => Math.sin(i + 2 * j)));
    const data = rows({ inputs, labels: inputs.map((_, i) => i % 2) });
    const { period, due } = cycleOf(name, CENTRE), optimizer = optimizerAt(name, problem, CENTRE);
    const { params, buffers } = problem.model.init(0);
    let carry: Carry = optimizer.init(params, buffers);
    const batch = () => data.batch(Uint32Array.from(inputs.keys())), made: number[] = [], from = 50;
    for (let step = 0; step < from + 2 * period; step++) {
      const before = tensorsMade();
      const next = optimizer.step(carry, { batch: batch(), metaBatch: batch }, { step, seed: 0 });
      if (step >= from) made.push(tensorsMade() - before);
      carry = next.carry;
      disposeTree(next.metrics);
    }
    const least = Math.min(...made);
    const more = made.flatMap((count, i) => count > least ? [i] : []);
    assertEquals(more, [0, period].flatMap((start) => due.map((place) => start + place)));
    disposeTree(carry);
  });
}

Deno.test("optimizers: the whole catalogue but what is said to be left out", () => {
  assertEquals([...optimizers, ...Object.keys(LEFT_OUT)].sort(), Object.keys(catalogue).sort());
});
