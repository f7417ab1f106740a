/** Captured steps have the bits of eager ones, for every optimizer of the table. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Carry, Optimizer, Uncaptured } from "../../../mod.ts";
import { captured } from "../../../mod.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { capturingTest } from "../capturing_test_case.ts";
import { bitsOf } from "../bits.ts";
import { optimizers } from "../every_optimizer.ts";
import { clusters, type Task } from "../tiny_task.ts";

const LAST = 50, OFTEN = 3, STEPS = 12; // a branch is rehearsed, recorded and replayed

/** Step numbers at which each branch comes often enough (early, plain and meta steps; every 3 and every 10), and more up to 12. */
function stepsOf(name: string, { branch = () => "" }: Optimizer): number[] {
  const seen = new Map<string, number>(), all = Array.from({ length: LAST + 1 }, (_, step) => step);
  const chosen = all.filter((step) => {
    const times = (seen.get(branch(step)) ?? 0) + 1;
    seen.set(branch(step), times);
    return times <= OFTEN;
  });
  const more = slow.test(name)
    ? []
    : all.filter((step) => !chosen.includes(step)).slice(0, Math.max(0, STEPS - chosen.length));
  return [...chosen, ...more].sort((a, b) => a - b);
}

/** Hundreds of operations a step: a second each on the software adapter. */
const slow = /shampoo|soap|conjugate gradients|proximalPoint/;

/** Matrices are inverted on the host where that can read them. */
const ofMatrices = /shampoo|soap|kfac\(|\(kfac\)/, READS = "it reads values back from the device";

/** A combination does nothing that its parts do not: each base and each parameterization comes, all pairs take minutes. */
const combination = /^amortize\((gradient|nesterov|rmsprop|adam), (?!scalarRate, default|kfacStructured, paperRule)/;

/** The bits of the carry at the end and of each step's metrics. */
async function trained(optimizer: Optimizer, task: Task, steps: readonly number[]): Promise<unknown> {
  const { params, buffers } = task.problem.model.init(1), seen: unknown[] = [];
  let carry: Carry = optimizer.init(params, buffers);
  for (const step of steps) {
    const batches = { batch: task.batch(step), metaBatch: () => task.metaBatch(step) };
    const result = optimizer.step(carry, batches, { step, seed: 1 });
    carry = result.carry;
    seen.push(await bitsOf(result.metrics));
    disposeTree(result.metrics);
  }
  const last = await bitsOf(carry);
  disposeTree(carry);
  return { seen, last };
}

for (const [name, optimizerOf] of Object.entries(optimizers).filter(([name]) => !combination.test(name))) {
  capturingTest(`captured: ${name}`, async () => {
    const task = clusters(11), uncaptured: Uncaptured[] = [];
    const eager = optimizerOf(task.problem), steps = stepsOf(name, eager);
    using optimizer = captured(optimizerOf(task.problem), { onUncaptured: (kind) => uncaptured.push(kind) });
    assertEquals(await trained(optimizer, task, steps), await trained(eager, task, steps));
    const onHost = tf.getBackend() === "wasm" && ofMatrices.test(name); // inverses and roots
    assertEquals(new Set(uncaptured.map(({ reason }) => reason)), new Set(onHost ? [READS] : []));
    task.dispose();
  });
}
