/** Every kind of layer under every kind of optimizer: it learns, nothing is refused, and a saved run goes on to the same bits. */
import { chanceOf } from "../../runtime/chance.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  diagonal,
  kfacStructured,
  momentum,
  type Parameterization,
  plain,
  scalarRate,
  type Tensors,
  trainingMode,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree, flatten, mapTree } from "../../runtime/tree.ts";
import { type MakeOptimizer, optimizers } from "./every_optimizer.ts";
import { tasks } from "./module_tasks.ts";
import { numbers, start, tail, train } from "./tiny_task.ts";

await chooseBackend("wasm");

const HALF = 9, STEPS = 24;

/** APO on momentum. With the λ_FSD that is usual for larger networks the encoder and decoder of 4 dense layers goes astray. */
const apo = (parameterization: () => Parameterization): MakeOptimizer => (problem) =>
  amortize({ problem, direction: momentum(), parameterization: parameterization(), regime: plain({ lambdaFsd: 10 }) });

const ofTheTable = ["fixedRate(adam)", "fixedRate(muon)", "fixedRate(shampoo, momentum)", "fixedRate(soap)"];
const methods: Readonly<Record<string, MakeOptimizer>> = {
  ...Object.fromEntries([...ofTheTable, "kfac(sampled)", "amortizeByProbes"].map((name) => [name, optimizers[name]])),
  "amortize(scalarRate)": apo(scalarRate),
  "amortize(diagonal)": apo(diagonal),
  "amortize(kfacStructured)": apo(kfacStructured),
};

for (const [what, makeTask] of Object.entries(tasks)) {
  for (const [name, makeOptimizer] of Object.entries(methods)) {
    Deno.test(`${name} trains ${what}`, async () => {
      const empty = tf.memory().numTensors, task = makeTask(), make = () => makeOptimizer(task.problem);
      const optimizer = make(), held = tf.memory().numTensors;
      const whole = train(optimizer, task, await start(optimizer, task), { to: STEPS });
      assertLess(tail(whole.losses, 6), 0.8 * tail(whole.losses.slice(0, 2), 2), `${whole.losses}`);
      assertEquals([whole.metrics.refused, whole.metrics.refusedInARow], [0, 0]);
      assert(Object.values(numbers(whole.carry)).flat().every(Number.isFinite));
      const twin = make(), resumed = make();
      const before = train(twin, task, await start(twin, task), { to: HALF });
      const saved = mapTree(before.carry as never, (x) => tf.tensor(x.dataSync().slice(), x.shape, x.dtype));
      disposeTree(before.carry as never);
      const after = train(resumed, task, saved as typeof before.carry, { from: HALF, to: STEPS });
      assertEquals([...before.losses, ...after.losses], whole.losses);
      assertEquals(numbers(after.carry), numbers(whole.carry));
      disposeTree(whole.carry);
      disposeTree(after.carry);
      assertEquals(tf.memory().numTensors, held);
      task.dispose();
      assertEquals(tf.memory().numTensors, empty);
    });
  }
}

Deno.test("BatchNorm within blocks: its buffers see each step's batch once, whatever passes a method makes besides", async () => {
  for (const [name, makeOptimizer] of Object.entries(methods)) {
    const task = tasks["a residual network"](), { model } = task.problem, optimizer = makeOptimizer(task.problem);
    let carry = await start(optimizer, task);
    for (let step = 0; step < 2; step++) {
      const expected = tf.tidy(() => {
        const { inputs } = task.batch(step);
        return numbers(model.apply(carry.params, carry.buffers, inputs, trainingMode(chanceOf(1, step))).buffers);
      });
      carry = train(optimizer, task, carry, { from: step, to: step + 1 }).carry;
      assertEquals(numbers(carry.buffers as Tensors), expected, name);
    }
    assertEquals(Object.keys(flatten(carry.buffers)).length, 2 * 10);
    disposeTree(carry);
    task.dispose();
  }
});
