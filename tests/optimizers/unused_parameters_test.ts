/** Networks with a part that is off: in every batch, or in every other. */
import { assertAlmostEquals, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  dense,
  fixedRate,
  gradient,
  inference,
  kfac,
  layerPass,
  type Model,
  type Module,
  network,
  series,
  type Tensor,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { optimizers } from "./every_optimizer.ts";
import { clusters, numbers, start, train } from "./tiny_task.ts";

/** An MLP, and beside it another layer whose outputs are added where `isOn` says so. */
function withPart(isOn: () => boolean): Model {
  const module: Module = {
    kind: "withPart",
    build: (site, input) => {
      const whole = series([dense({ units: 6, activation: "relu" }), dense({ units: 3 })]).build(site, input);
      const part = site.child("part", dense({ units: 3 }), input);
      return {
        output: whole.output,
        apply: (pass, x) => isOn() ? tf.add(whole.apply(pass, x), part.apply(pass, x)) : whole.apply(pass, x),
      };
    },
  };
  return network(module, [4]);
}

// of APO each parameterization on one base: how a gradient of 0 comes about is the same for all
const tried = Object.entries(optimizers).filter(([name]) => !/^amortize\((gradient|nesterov|rmsprop),/.test(name));
for (const [name, make] of tried) {
  Deno.test(`${name}: a part that is off keeps its parameters, and the rest trains`, async () => {
    await chooseBackend("wasm");
    const task = clusters(11, { model: withPart(() => false) }), optimizer = make(task.problem);
    const carry = await start(optimizer, task), before = numbers(carry.params);
    const { carry: after, losses, metrics } = train(optimizer, task, carry, { to: 60 });
    assertEquals(metrics.refused, 0);
    const onOneBatch = losses.filter((_, step) => step > 0 && step % 8 === 0);
    assertLess(Math.min(...onOneBatch), 0.9 * losses[0]); // the least: probes have spikes on so small a task
    const now = numbers(after.params);
    assertNotEquals(now["dense1/kernel"], before["dense1/kernel"]);
    for (const off of ["part/kernel", "part/bias"]) {
      const decays = /weight decay/.test(name), near = decays ? 0.2 : 1e-6; // schedule-free averages round
      now[off].forEach((x, i) => assertAlmostEquals(x, before[off][i], near));
    }
    disposeTree(after);
    task.dispose();
  });
}

Deno.test("layerPass and kfac: a layer that is off has no factors, and one that is on in every other batch trains", async () => {
  await chooseBackend("cpu");
  let step = 0;
  const task = clusters(11, { model: withPart(() => step % 2 === 0) }),
    { params, buffers } = task.problem.model.init(1);
  const passOf = (): { layers: string[]; unused: readonly string[] } => {
    const pass = layerPass(task.problem, params, buffers, task.batch(0), inference);
    const { uses, unused } = pass;
    tf.dispose(
      [
        pass.loss,
        pass.gradient,
        pass.outputs,
        ...Object.values(uses).flat().map(({ inputs, delta }) => [inputs, delta]),
      ] as never,
    );
    return { layers: Object.keys(uses).sort(), unused };
  };
  assertEquals(passOf(), { layers: ["dense1", "dense2", "part"], unused: [] });
  step = 1;
  assertEquals(passOf(), { layers: ["dense1", "dense2"], unused: ["part/kernel", "part/bias"] });
  const optimizer = kfac({ problem: task.problem, statisticsEvery: 1, inverseEvery: 1 });
  let carry = await start(optimizer, task), last: Readonly<Record<string, number>> = {};
  const before = numbers(carry.params);
  for (step = 0; step < 60; step++) {
    ({ carry, metrics: last } = train(optimizer, task, carry, { from: step, to: step + 1 }));
  }
  assertEquals([last.refused, last.inverseFailures], [0, 0]);
  assertLess(last.loss, 0.6);
  assertNotEquals(numbers(carry.params)["part/kernel"], before["part/kernel"]);
  disposeTree(carry);
  tf.dispose(params);
  task.dispose();
});

Deno.test("the gradient step of a part that is on in every other batch is that of the closed form", async () => {
  await chooseBackend("cpu");
  let step = 0;
  const model: Model = { // a + b where b is on, else a, to the target 1: ½(f − 1)²
    leaves: { a: { shape: [1], role: "bias" }, b: { shape: [1], role: "bias" } },
    init: () => ({ params: { a: tf.tensor1d([0]), b: tf.tensor1d([0]) }, buffers: {} }),
    apply: ({ a, b }, buffers) => ({ outputs: step % 2 === 0 ? tf.add(a, b) : tf.add(a, 0), buffers }),
  };
  const loss = (outputs: Tensor) => tf.mul(tf.sum(tf.square(tf.sub(outputs, 1))), 0.5);
  const problem = { model, output: { loss, discrepancy: loss } }, batch = { inputs: {}, targets: tf.scalar(0) };
  const task = { problem, batch: () => batch, metaBatch: () => batch, dispose: () => batch.targets.dispose() };
  const optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0.25 });
  let carry = await start(optimizer, task), a = 0, b = 0;
  for (step = 0; step < 6; step++) {
    ({ carry } = train(optimizer, task, carry, { from: step, to: step + 1 }));
    const slope = (step % 2 === 0 ? a + b : a) - 1;
    a -= 0.25 * slope;
    if (step % 2 === 0) b -= 0.25 * slope;
    assertAlmostEquals(carry.params.a.dataSync()[0], a, 1e-6);
    assertAlmostEquals(carry.params.b.dataSync()[0], b, 1e-6);
  }
  disposeTree(carry);
  task.dispose();
});
