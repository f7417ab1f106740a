/** One contract for every optimizer of the table. */
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Carry, Tensor, Tree } from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { disposeTree, flatten, mapTree } from "../../runtime/tree.ts";
import { optimizers } from "./every_optimizer.ts";
import { clusters, numbers, start, tail, train } from "./tiny_task.ts";

const STEPS = 200, HALF = 13, WHOLE = 31; // meta steps fall before, between and after these

/** Through the host's memory, as a checkpoint. */
function savedAndRestored(carry: Carry): Carry {
  const saved = Object.entries(flatten(carry)).map(([path, x]) =>
    [path, x.dtype, x.shape, x.dataSync().slice()] as const
  );
  const restored = mapTree(carry as unknown as Tree, (_, path) => {
    const [, dtype, shape, values] = saved.find(([name]) => name === path)!;
    return tf.tensor(values, shape, dtype);
  });
  disposeTree(carry);
  return restored as unknown as Carry;
}

const describe = (carry: Carry): Record<string, string> =>
  Object.fromEntries(Object.entries(flatten(carry)).map(([path, { shape, dtype }]) => [path, `${dtype} [${shape}]`]));

for (const [name, optimizerOf] of Object.entries(optimizers)) {
  Deno.test(name, async () => {
    await chooseBackend("wasm");
    const task = clusters(11), optimizer = optimizerOf(task.problem);
    assert(
      optimizer.problem === task.problem,
      "says what it minimizes, so that fit can refuse to train another problem",
    );
    const empty = tf.memory().numTensors;
    let carry = await start(optimizer, task);
    const shapes = describe(carry), parameters = Object.keys(carry.params), held = tf.memory().numTensors;
    assertEquals(held - empty, Object.keys(shapes).length);

    const first = train(optimizer, task, carry, { to: WHOLE });
    const atWhole = numbers(first.carry);
    const rest = train(optimizer, task, first.carry, { from: WHOLE, to: STEPS });
    carry = rest.carry;

    assertEquals(describe(carry), shapes, "names, shapes and types");
    assertEquals(Object.keys(carry.params), parameters, "the order of the parameters");
    const tensors: Tensor[] = Object.values(flatten(carry));
    assertEquals(new Set(tensors).size, tensors.length, "no tensor stands twice");
    assertEquals(tf.memory().numTensors, held, "tensors after 200 steps");
    assert(Object.values(numbers(carry)).flat().every(Number.isFinite));
    assertEquals([rest.metrics.refused, rest.metrics.refusedInARow], [0, 0]);
    const losses = [...first.losses, ...rest.losses];
    assertLess(tail(losses, 8), 0.25 * tail(losses.slice(0, 1), 1), "learns");
    disposeTree(carry);

    // another run, which is saved and restored on the way, is the same to the bit
    const twin = optimizerOf(task.problem);
    const before = train(twin, task, await start(twin, task), { to: HALF });
    const resumed = optimizerOf(task.problem);
    const after = train(resumed, task, savedAndRestored(before.carry), { from: HALF, to: WHOLE });
    assertEquals([...before.losses, ...after.losses], first.losses, "losses of two runs");
    assertEquals(numbers(after.carry), atWhole, "carries of two runs");
    disposeTree(after.carry);
    assertEquals(tf.memory().numTensors, empty);
    task.dispose();
  });
}
