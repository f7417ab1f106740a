/** Every optimizer of the catalogue with every meta-optimizer: the pairs that the command line can be asked for. */
import { assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { catalogue, type MetaOptimizerName, metaOptimizers } from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { clusters, start, tail, train } from "./tiny_task.ts";

await chooseBackend("wasm");
const STEPS = 60;

for (const [name, entry] of Object.entries(catalogue).filter(([, { learns }]) => learns)) {
  const all = Object.keys(metaOptimizers) as MetaOptimizerName[];
  for (const metaOptimizer of entry.settings.includes("metaOptimizer") ? all : [undefined]) {
    Deno.test(`catalogue: ${name} with ${metaOptimizer ?? "its own rule"} learns, and refuses no step`, async () => {
      const task = clusters(1), learningRate = metaOptimizer ? 0.01 : entry.learningRate as number;
      const settings = { steps: STEPS, learningRate, ...metaOptimizer && { metaOptimizer } };
      const { metaOptimizer: usual } = entry.complete({ steps: STEPS, learningRate });
      const onlyRates = metaOptimizer === "normalized" && usual !== "normalized"; // φ that are no log-rates
      if (onlyRates) {
        assertThrows(() => entry.build(task.problem, settings), UserError, "metaOptimizer=normalized");
        return task.dispose();
      }
      const optimizer = entry.build(task.problem, settings);
      const { carry, losses, metrics } = train(optimizer, task, await start(optimizer, task), { to: STEPS });
      assertEquals(metrics.refused, 0);
      assertLess(tail(losses, 8), 0.9 * losses[0]);
      disposeTree(carry);
      task.dispose();
      assertEquals(tf.memory().numTensors, 0);
    });
  }
}

// config.json keeps completed settings: they must mean what was left to the defaults
for (const [name, entry] of Object.entries(catalogue)) {
  Deno.test(`catalogue: ${name} with its settings completed is the same optimizer`, async () => {
    const task = clusters(2), settings = { steps: 25, learningRate: 0.01 };
    const completed = entry.complete(settings), losses = [];
    assertEquals(entry.complete(completed), completed);
    for (const given of [settings, completed]) {
      const optimizer = entry.build(task.problem, given);
      const run = train(optimizer, task, await start(optimizer, task), { to: 25 });
      losses.push(run.losses);
      disposeTree(run.carry);
    }
    assertEquals(losses[0], losses[1]);
    task.dispose();
  });
}
