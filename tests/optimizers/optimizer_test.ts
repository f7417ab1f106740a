/** What defineOptimizer promises: ownership, and steps that are refused. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  amortize,
  type Batch,
  defineOptimizer,
  fixedRate,
  momentum,
  type Optimizer,
  scalarRate,
  type Tensor,
  type Tensors,
  type Tree,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { disposeTree, flatten, mapTensors } from "../../runtime/tree.ts";
import { clusters, numbers, start, train } from "./tiny_task.ts";

await chooseBackend("cpu");

const task = clusters(1);
const spoiled = (value: number): Batch => ({ ...task.batch(0), inputs: { x: tf.fill([16, 4], value) } });
const tensorsOf = (tree: Tree) => Object.values(flatten(tree));
const make: Readonly<Record<string, () => Optimizer>> = {
  "fixedRate(momentum)": () =>
    fixedRate({ problem: task.problem, direction: momentum(), learningRate: 0.1 }) as Optimizer,
  "amortize(adam)": () =>
    amortize({
      problem: task.problem,
      direction: adam(),
      parameterization: scalarRate(),
      meta: { early: 4 },
    }) as Optimizer,
};

for (const [name, optimizerOf] of Object.entries(make)) {
  Deno.test(`${name}: a batch that gives NaN leaves the carry to the bit, is counted, and the count in a row starts anew`, async () => {
    const optimizer = optimizerOf(), bad = spoiled(NaN);
    let { carry } = train(optimizer, task, await start(optimizer, task), { to: 7 });
    const { params, rule, ...rest } = {
      params: numbers(carry.params),
      rule: numbers(carry.state.rule as Tree),
      buffers: carry.buffers,
    };
    assertEquals(rest.buffers, {});
    for (let i = 1; i <= 3; i++) {
      const next = optimizer.step(carry, { batch: bad, metaBatch: () => task.metaBatch(0) }, { step: 7, seed: 1 });
      carry = next.carry;
      assertEquals(numbers(carry.params), params);
      assertEquals(numbers(carry.state.rule as Tree), rule);
      assertEquals(numbers(next.metrics).refused, [i]);
      assertEquals(numbers(next.metrics).refusedInARow, [i]);
      disposeTree(next.metrics);
    }
    const good = train(optimizer, task, carry, { from: 7, to: 8 });
    assertEquals([good.metrics.refused, good.metrics.refusedInARow], [3, 0]);
    assertNotEquals(numbers(good.carry.params), params);
    disposeTree(good.carry);
    disposeTree({ x: bad.inputs.x });
  });

  Deno.test(`${name}: a step that throws disposes of nothing, leaks nothing and can be called again`, async () => {
    const optimizer = optimizerOf(), twin = optimizerOf();
    const { carry } = train(optimizer, task, await start(optimizer, task), { to: 3 });
    const other = train(twin, task, await start(twin, task), { to: 3 });
    const before = tf.memory().numTensors;
    const wrongShape = tf.zeros([16, 5]);
    const wrong = { ...task.batch(0), inputs: { x: wrongShape } };
    for (
      const batches of [
        { batch: wrong, metaBatch: () => task.metaBatch(0) },
        {
          batch: task.batch(3),
          metaBatch: (): Batch => {
            throw new Error("the data are gone");
          },
        },
      ]
    ) {
      if (name.startsWith("fixedRate") && batches.batch !== wrong) continue; // has no use for B′
      assertThrows(() => optimizer.step(carry, batches, { step: 3, seed: 1 }));
    }
    wrongShape.dispose();
    assertEquals(tf.memory().numTensors, before);
    assert(tensorsOf(carry).every((tensor) => !tensor.isDisposed));
    const again = train(optimizer, task, carry, { from: 3, to: 5 }),
      undisturbed = train(twin, task, other.carry, { from: 3, to: 5 });
    assertEquals(numbers(again.carry), numbers(undisturbed.carry));
    disposeTree(again.carry);
    disposeTree(undisturbed.carry);
  });

  Deno.test(`${name}: a step consumes its carry, and returns one in which no tensor stands twice`, async () => {
    const optimizer = optimizerOf(), before = tf.memory().numTensors;
    let carry = await start(optimizer, task);
    for (let step = 0; step < 3; step++) {
      const old = tensorsOf(carry);
      const next = optimizer.step(carry, { batch: task.batch(step), metaBatch: () => task.metaBatch(step) }, {
        step,
        seed: 1,
      });
      assert(old.every((tensor) => tensor.isDisposed));
      carry = next.carry;
      assertEquals(
        new Set(tensorsOf({ ...carry, metrics: next.metrics })).size,
        tensorsOf({ ...carry, metrics: next.metrics }).length,
      );
      disposeTree(next.metrics);
    }
    disposeTree(carry);
    assertEquals(tf.memory().numTensors, before);
  });
}

/** A rule made of a state and what happens to it, on θ ← θ − 0.1. */
function rule<S extends Tree>(init: (params: Tensors) => S, next: (state: S, params: Tensors) => S): Optimizer {
  return defineOptimizer<S>({
    init,
    advance: ({ params, buffers, state }) => ({
      carry: { params: mapTensors(params, (x) => tf.sub(x, 0.1)), buffers, state: next(state, params) },
      metrics: { loss: tf.scalar(1) },
    }),
  }) as Optimizer;
}

Deno.test("a rule may start from the parameters themselves, and return tensors of the old carry, twice too", async () => {
  const optimizer = rule<{ slow: Tensors; fast: Tensors }>(
    (params) => ({ slow: params, fast: params }),
    (state, params) => ({ slow: params, fast: state.slow }),
  );
  const before = tf.memory().numTensors;
  const first = await start(optimizer, task);
  assertEquals(new Set(tensorsOf(first)).size, tensorsOf(first).length);
  const initial = numbers(first.params);
  const { carry } = train(optimizer, task, first, { to: 2 });
  assertEquals(new Set(tensorsOf(carry)).size, tensorsOf(carry).length);
  assertEquals(numbers((carry.state.rule as { fast: Tensors }).fast), initial);
  disposeTree(carry);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a state that overflows is refused like a parameter; counters of int32 pass", async () => {
  const overflow = rule<{ huge: Tensor }>(
    (_) => ({ huge: tf.scalar(1e30) }),
    ({ huge }) => ({ huge: tf.mul(huge, 1e6) }),
  );
  const refused = train(overflow, task, await start(overflow, task), { to: 4 });
  assertEquals([refused.metrics.refused, refused.metrics.refusedInARow], [3, 3]);
  const counting = rule<{ count: Tensor }>(
    (_) => ({ count: tf.scalar(0, "int32") }),
    ({ count }) => ({ count: tf.add(count, tf.scalar(1, "int32")) }),
  );
  const counted = train(counting, task, await start(counting, task), { to: 4 });
  assertEquals(numbers(counted.carry.state.rule as Tree), { count: [4] });
  disposeTree(refused.carry);
  disposeTree(counted.carry);
});

Deno.test("very large finite numbers are not mistaken for infinite ones", async () => {
  const large = rule((_) => ({ values: tf.fill([100], 3e38) }), ({ values }) => ({ values: tf.neg(values) }));
  const { carry, metrics } = train(large, task, await start(large, task), { to: 1 });
  assertEquals(metrics.refused, 0);
  disposeTree(carry);
});

Deno.test("a rule that loses a parameter or changes a shape says so, and the carry lives on", async () => {
  const loses = rule((_) => ({ a: tf.scalar(0), b: tf.scalar(0) }), ({ a }) => ({ a }) as never);
  const grows = rule((_) => ({ a: tf.zeros([1]) }), ({ a }) => ({ a: tf.concat([a, a]) }));
  for (const [optimizer, message] of [[loses, "state.b"], [grows, "state.a"]] as const) {
    const carry = await start(optimizer, task);
    assertThrows(() => train(optimizer, task, carry, { to: 1 }), UserError, message);
    assert(tensorsOf(carry).every((tensor) => !tensor.isDisposed));
    disposeTree(carry);
  }
});

Deno.test("prepare: a throw disposes of nothing and leaks nothing", async () => {
  const optimizer = make["amortize(adam)"](), { params, buffers } = task.problem.model.init(1);
  const carry = optimizer.init(params, buffers), before = tf.memory().numTensors;
  const metaBatch = (): Batch => {
    throw new Error("the data are gone");
  };
  const attempt = () => optimizer.prepare!(carry, { batch: task.batch(0), metaBatch }, { step: 0, seed: 1 });
  await assertRejects(attempt, Error, "the data are gone");
  assertEquals(tf.memory().numTensors, before);
  assert(tensorsOf(carry).every((tensor) => !tensor.isDisposed));
  disposeTree(carry);
});
