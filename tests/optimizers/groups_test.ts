/** Parameter groups and which parameters decay. */
import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  adam,
  chain,
  type Direction,
  fixedRate,
  type Leaves,
  mlp,
  muon,
  partition,
  prodigy,
  scaledBy,
  scheduleFreeSgd,
  shampoo,
  type Tensors,
  transformer,
  UserError,
} from "../../mod.ts";
import { baseDirection } from "../../optimizers/catalogue/bases.ts";
import { disposeTree, flatten, mapTensors } from "../../runtime/tree.ts";

import { clusters, numbers, start, train } from "./tiny_task.ts";

await tf.setBackend("cpu");

const { leaves } = mlp([4, 6, 3]);
const at = { step: 0, seed: 0 };
const some = (leaves: Leaves): Tensors =>
  Object.fromEntries(
    Object.entries(leaves).map(([name, { shape }], i) => [name, tf.randomNormal([...shape], 0, 1, "float32", i + 1)]),
  );
const isMatrix = (name: string) => name.endsWith("kernel");

Deno.test("partition: each group moves as if it were alone, in the order of the parameters", () => {
  tf.tidy(() => {
    const params = some(leaves), gradients = [1, 2, 3].map(() => some(leaves));
    const run = (direction: Direction, of: (name: string) => boolean) => {
      const only = (x: Tensors): Tensors => Object.fromEntries(Object.entries(x).filter(([name]) => of(name)));
      let state = direction.init(only(params));
      return gradients.map((g) => {
        const next = direction.next(only(g), state, only(params), at);
        state = next.state;
        return numbers(next.direction);
      });
    };
    const groups = () => ({ matrices: muon({ leaves }), others: chain(adam(), scaledBy(0.05)) });
    const both = partition(leaves, groups(), (_, name) => isMatrix(name) ? "matrices" : "others");
    const together = run(both, () => true), matrices = run(groups().matrices, isMatrix);
    const others = run(groups().others, (name) => !isMatrix(name));
    together.forEach((step, t) => {
      assertEquals(Object.keys(step), Object.keys(leaves));
      assertEquals(
        step,
        Object.fromEntries(Object.keys(step).map((name) => [name, { ...matrices[t], ...others[t] }[name]])),
      );
    });
  });
});

Deno.test("muon-adam of the catalogue: kernels move by Muon, embeddings, norms and biases by Adam", () => {
  const { leaves } = transformer({ vocabulary: 7, width: 4, heads: 2, hidden: 6, layers: 1 });
  tf.tidy(() => {
    const params = some(leaves), gradient = some(leaves);
    const first = (one: Direction) => numbers(one.next(gradient, one.init(params), params, at).direction);
    const both = first(baseDirection("muon-adam", {}, leaves)),
      kernels = first(muon({ leaves })),
      others = first(adam());
    for (const [name, direction] of Object.entries(both)) {
      assertEquals(direction, name.endsWith("kernel") ? kernels[name] : others[name], name);
    }
    const roles = new Set(Object.values(leaves).map(({ role }) => role));
    assertEquals([...roles].sort(), ["bias", "dense", "embedding", "scale"]);
  });
});

Deno.test("partition: branches are those of the groups; a label without a direction is refused by name", () => {
  const direction = partition(
    leaves,
    { a: shampoo({ leaves, every: 2 }), b: adam() },
    (_, name) => isMatrix(name) ? "a" : "b",
  );
  assert(direction.branch);
  assert(direction.branch(2) !== direction.branch(3) && direction.branch(2) === direction.branch(4));
  assertThrows(
    () => partition(leaves, { a: adam() }, () => "b" as "a"),
    UserError,
    '"dense1/kernel" has the label "b"',
  );
});

Deno.test("partition: trains, with one learning rate for all", async () => {
  const task = clusters(3);
  const groups = { matrices: muon({ leaves }), others: chain(adam(), scaledBy(0.05)) };
  const direction = partition(leaves, groups, ({ role }) => role === "dense" ? "matrices" : "others");
  const optimizer = fixedRate({ problem: task.problem, direction, learningRate: 0.02 });
  const { carry, losses } = train(optimizer, task, await start(optimizer, task), { to: 60 });
  assert(losses.at(-1)! < losses[0] / 3, `${losses[0]} to ${losses.at(-1)}`);
  disposeTree(carry);
  task.dispose();
});

Deno.test("weight decay spares biases by default, everywhere; decays chooses", async () => {
  const task = clusters(2), { problem } = task, weightDecay = 0.5;
  const rules = {
    fixedRate: (o: object) => fixedRate({ problem, direction: adam(), learningRate: 0.1, ...o }),
    scheduleFree: (o: object) => scheduleFreeSgd({ problem, learningRate: 0.1, ...o }),
    prodigy: (o: object) => prodigy({ problem, initialD: 0.01, ...o }),
  };
  for (const [name, rule] of Object.entries(rules)) {
    const moved = async (options: object) => {
      const optimizer = rule(options) as ReturnType<typeof fixedRate>;
      const begin = await start(optimizer, task);
      // biases start at 0, where a decay would not show
      const shifted = { ...begin, params: mapTensors(begin.params, (x) => tf.add(x, 0.5)) };
      const { carry } = train(optimizer, task, shifted as typeof begin, { to: 1 });
      const values = numbers(flatten(carry.params));
      disposeTree(carry);
      return values;
    };
    const [without, usual, all] = [
      await moved({}),
      await moved({ weightDecay }),
      await moved({ weightDecay, decays: () => true }),
    ];
    for (const parameter of Object.keys(without)) {
      const differs = (x: Record<string, number[]>) => x[parameter].some((value, i) => value !== without[parameter][i]);
      assertEquals(differs(usual), isMatrix(parameter), `${name}: ${parameter}`);
      assert(differs(all), `${name}: ${parameter}`);
    }
  }
  task.dispose();
});

Deno.test("scaledBy multiplies; factors that are not positive are refused", () => {
  tf.tidy(() => {
    const { direction } = scaledBy(0.25).next({ a: tf.tensor1d([4, -8]) }, {}, {}, at);
    assertAlmostEquals(direction.a.dataSync()[1], -2);
  });
  assertThrows(() => scaledBy(0), UserError, "scaledBy: factor is 0");
});
