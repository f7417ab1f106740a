/** Weight averages, where the golden values do not reach: ownership, refused steps, what they pass through. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  amortize,
  type Carry,
  fixedRate,
  gradient,
  momentum,
  type Optimizer,
  scalarRate,
  scheduleFreeSgd,
  type Tensors,
  type Tree,
  weightAverage,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { disposeTree, flatten } from "../../../runtime/tree.ts";
import { clusters, numbers, start, train } from "../tiny_task.ts";
import { assertClose, type Quadratic, trained } from "./quadratic.ts";

await chooseBackend("cpu");

const task = clusters(1);
const fixed = () => fixedRate({ problem: task.problem, direction: momentum(), learningRate: 0.1 }) as Optimizer;
const batches = (step: number) => ({ batch: task.batch(step), metaBatch: () => task.metaBatch(step) });
const tensorsOf = (tree: Tree) => Object.values(flatten(tree));

Deno.test("a refused step leaves the average to the bit, and the next good one moves it", async () => {
  const optimizer = weightAverage(fixed(), { decay: 0.5 });
  let { carry } = train(optimizer, task, await start(optimizer, task), { to: 5 });
  const average = numbers(optimizer.evaluated!(carry).params), params = numbers(carry.params);
  const x = tf.fill([16, 4], NaN), bad = { ...task.batch(0), inputs: { x } };
  for (let i = 1; i <= 2; i++) {
    const next = optimizer.step(carry, { batch: bad, metaBatch: () => bad }, { step: 5, seed: 1 });
    carry = next.carry;
    assertEquals(numbers(next.metrics).refusedInARow, [i]);
    assertEquals(numbers(optimizer.evaluated!(carry).params), average);
    assertEquals(numbers(carry.params), params);
    disposeTree(next.metrics);
  }
  const good = train(optimizer, task, carry, { from: 5, to: 6 });
  const moved = numbers(optimizer.evaluated!(good.carry).params), now = numbers(good.carry.params);
  for (const name of Object.keys(moved)) {
    assertClose(moved[name], average[name].map((a, i) => (a + now[name][i]) / 2), 1e-6);
  }
  disposeTree(good.carry);
  x.dispose();
});

Deno.test("a step consumes its carry, and returns one in which no tensor stands twice; refused ones too", async () => {
  const before = tf.memory().numTensors, optimizer = weightAverage(fixed());
  const x = tf.fill([16, 4], NaN);
  let carry = await start(optimizer, task);
  for (let step = 0; step < 4; step++) {
    const old = tensorsOf(carry), batch = step % 2 ? { ...task.batch(step), inputs: { x } } : task.batch(step);
    const next = optimizer.step(carry, { batch, metaBatch: () => batch }, { step, seed: 1 });
    assert(old.every((tensor) => tensor.isDisposed));
    carry = next.carry;
    const now = tensorsOf({ ...carry, metrics: next.metrics });
    assertEquals(new Set(now).size, now.length);
    disposeTree(next.metrics);
  }
  disposeTree(carry);
  x.dispose();
  assertEquals(tf.memory().numTensors, before);
});

let failing = false;
/** Throws when its own step has gone well and its carry is consumed. */
const throwsLate: Optimizer = {
  ...fixed(),
  evaluated: (carry) => {
    if (failing) throw new Error("late");
    return carry;
  },
};

for (const [when, inner] of Object.entries({ early: fixed(), late: throwsLate })) {
  Deno.test(`a step that throws ${when} disposes of nothing, leaks nothing and can be called again`, async () => {
    const optimizer = weightAverage(inner, { decay: 0.9 });
    const { carry } = train(optimizer, task, await start(optimizer, task), { to: 3 });
    const twin = train(optimizer, task, await start(optimizer, task), { to: 4 });
    const x = tf.zeros([16, 5]), batch = when === "late" ? task.batch(3) : { ...task.batch(3), inputs: { x } };
    const before = tf.memory().numTensors;
    failing = true;
    assertThrows(() => optimizer.step(carry, { batch, metaBatch: () => batch }, { step: 3, seed: 1 }));
    failing = false;
    assertEquals(tf.memory().numTensors, before);
    assert(tensorsOf(carry).every((tensor) => !tensor.isDisposed));
    const again = train(optimizer, task, carry, { from: 3, to: 4 });
    assertEquals(numbers(again.carry), numbers(twin.carry));
    disposeTree(again.carry);
    disposeTree(twin.carry);
    x.dispose();
  });
}

Deno.test("it averages the optimizer's evaluation parameters, and trains as the optimizer alone", async () => {
  const inner = scheduleFreeSgd({ problem: task.problem }), optimizer = weightAverage(inner, { decay: 0.8 });
  let carry = await start(optimizer, task), alone = await start(inner, task);
  let expected = numbers(alone.params);
  for (let step = 0; step < 6; step++) {
    alone = train(inner, task, alone, { from: step, to: step + 1 }).carry;
    carry = train(optimizer, task, carry, { from: step, to: step + 1 }).carry;
    const x = numbers(inner.evaluated!(alone).params);
    expected = Object.fromEntries(
      Object.entries(expected).map(([name, a]) => [name, a.map((value, i) => 0.8 * value + 0.2 * x[name][i])]),
    );
  }
  assertEquals(numbers(carry.params), numbers(alone.params));
  assertEquals(numbers(carry.state.optimizer), numbers(alone.state));
  const average: Tensors = optimizer.evaluated!(carry).params;
  for (const [name, values] of Object.entries(numbers(average))) assertClose(values, expected[name], 1e-6);
  disposeTree(alone);
  disposeTree(carry);
});

Deno.test("prepare and learned pass through, and are absent where the optimizer has none", async () => {
  const apo = () =>
    amortize({ problem: task.problem, direction: adam(), parameterization: scalarRate({ learningRate: 1e-6 }) });
  const before = tf.memory().numTensors, averaged = weightAverage(apo());
  const carry = await start(averaged, task), alone = await start(apo(), task);
  const learned = await averaged.learned!(carry);
  assertNotEquals(learned.rate, 1e-6);
  assertEquals(learned, await apo().learned!(alone));
  assertEquals(numbers(averaged.evaluated!(carry).params), numbers(carry.params)); // a₀ = θ₀
  disposeTree(carry);
  disposeTree(alone);
  assertEquals(tf.memory().numTensors, before);
  const plain = weightAverage(fixed());
  assertEquals([plain.prepare, plain.learned], [undefined, undefined]);
});

Deno.test("a prepare that throws disposes of nothing", async () => {
  const inner: Optimizer = { ...fixed(), prepare: () => Promise.reject(new Error("no data")) };
  const optimizer = weightAverage(inner), { params, buffers } = task.problem.model.init(1);
  const carry: Carry = optimizer.init(params, buffers);
  await optimizer.prepare!(carry as Carry<never>, batches(0), { step: 0, seed: 1 }).catch(() => {});
  assert(tensorsOf(carry).every((tensor) => !tensor.isDisposed));
  disposeTree(carry);
});

Deno.test("the average of a noisy descent ends nearer the minimum", async () => {
  const noisy: Quadratic = { from: [5, 5], to: (step) => [Math.sin(3 * step), Math.cos(5 * step)] };
  const { params, evaluated } = await trained(
    noisy,
    (problem) => weightAverage(fixedRate({ problem, direction: gradient(), learningRate: 0.5 }), { decay: 0.95 }),
    200,
  );
  assert(Math.hypot(...evaluated) < 0.3 * Math.hypot(...params), `${evaluated}, ${params}`);
});

Deno.test("bad arguments are named with their value", () => {
  for (const decay of [1, -0.1, NaN]) {
    assertThrows(() => weightAverage(fixed(), { decay }), UserError, `decay is ${decay}`);
  }
});
