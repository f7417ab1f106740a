/** The networks of images, narrow: they learn, under first-order methods and with KFAC's factors, and are captured on WebGPU. */
import { assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  amortizeByProbes,
  fixedRate,
  kfac,
  lenet,
  type Model,
  momentum,
  type Optimizer,
  resnet,
  scalarRate,
} from "../../mod.ts";
import { alexnetOf } from "../../models/networks/alexnet.ts";
import { vggOf } from "../../models/networks/vgg.ts";
import { wideResnetOf } from "../../models/networks/wide_resnet.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { reasonsOf } from "./eager_and_captured.ts";
import type { MakeOptimizer } from "./every_optimizer.ts";
import { imageTask } from "./module_tasks.ts";
import { start, tail, train } from "./tiny_task.ts";

const CLASSES = 3, SMALL = [8, 8, 1];

const residual: Readonly<Record<string, () => Model>> = {
  "a ResNet with shortcut A": () => resnet(SMALL, CLASSES, { depth: 8, width: 4 }),
  "a ResNet with shortcut B": () => resnet(SMALL, CLASSES, { depth: 8, width: 4, shortcut: "B" }),
  "a wide ResNet with dropout": () =>
    wideResnetOf(SMALL, CLASSES, { stem: 3, widths: [4, 8, 16], blocks: [1, 1, 1], dropout: 0.2 }),
};

const networks: Readonly<Record<string, [side: number, () => Model]>> = {
  ...Object.fromEntries(Object.entries(residual).map(([name, model]) => [name, [8, model]])),
  "LeNet": [8, () => lenet(SMALL, CLASSES)],
  "a VGG": [8, () => vggOf(SMALL, CLASSES, { channels: [[4, 4], [8]], normalized: true, bias: "separate" })],
  "an AlexNet": [29, () => alexnetOf([29, 29, 1], CLASSES, [4, 8, 8, 8, 8])],
};

/** The losses of so many steps by turns on two batches, none of which is refused. */
async function losses(side: number, model: Model, makeOptimizer: MakeOptimizer, steps: number): Promise<number[]> {
  await chooseBackend("wasm");
  const empty = tf.memory().numTensors, task = imageTask(model, side), optimizer = makeOptimizer(task.problem);
  const { carry, losses, metrics } = train(optimizer, task, await start(optimizer, task), { to: steps });
  assertEquals([metrics.refused, metrics.inverseFailures ?? 0], [0, 0]);
  disposeTree(carry);
  task.dispose();
  assertEquals(tf.memory().numTensors, empty);
  return losses;
}

for (const [name, [side, model]] of Object.entries(networks)) {
  Deno.test(`momentum trains ${name}`, async () => {
    const found = await losses(
      side,
      model(),
      (problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.02 }) as unknown as Optimizer,
      12,
    );
    assertLess(tail(found, 2), 0.7 * tail(found.slice(0, 2), 2), `${found}`);
  });
}

const structured: Readonly<Record<string, MakeOptimizer>> = {
  "kfac": (problem) => kfac({ problem, statisticsEvery: 2, inverseEvery: 4 }) as unknown as Optimizer,
  "apo-kfac": (problem) => amortizeByProbes({ problem, every: 2, blockSize: 8 }) as unknown as Optimizer,
};

for (const [method, makeOptimizer] of Object.entries(structured)) {
  for (const [name, model] of Object.entries(residual)) {
    Deno.test(`${method} trains ${name}`, async () => {
      const found = await losses(8, model(), makeOptimizer, 20);
      assertLess(tail(found, 4), 0.7 * tail(found.slice(0, 2), 2), `${found}`);
    });
  }
}

const captured: Readonly<Record<string, MakeOptimizer>> = {
  "momentum": (problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.02 }) as unknown as Optimizer,
  "APO": (problem) =>
    amortize({
      problem,
      direction: momentum(),
      parameterization: scalarRate(),
      meta: { every: 3, early: 2 },
    }) as unknown as Optimizer,
};

for (const [method, makeOptimizer] of Object.entries(captured)) {
  webgpuTest(`captured: ${method}, in a wide ResNet with dropout`, async () => {
    const task = imageTask(residual["a wide ResNet with dropout"](), 8);
    assertEquals(await reasonsOf(task, makeOptimizer, 10), []);
    task.dispose();
  });
}
