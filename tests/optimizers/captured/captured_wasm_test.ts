/** Captured steps on wasm: memory, and what kernels and steps might do there. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  captured,
  type Carry,
  defineOptimizer,
  dense,
  fixedRate,
  gaussian,
  mlp,
  momentum,
  type Optimizer,
  type Problem,
  reshape,
  scalarRate,
  sequential,
  type Tensors,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { addKernel } from "../../../runtime/mend.ts";
import { select } from "../../../runtime/select.ts";
import { shadow } from "../../../runtime/shadow.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { free, type Heap, type WasmBackend } from "../../../runtime/wasm/heap.ts";
import { bitsOf } from "../bits.ts";
import { started, train, uncapturedOf } from "../eager_and_captured.ts";
import { clusters, type Task } from "../tiny_task.ts";
import { scaled } from "./scaled.ts";

/** What is there on wasm: tensors, data, and blocks of memory on the heap. */
function heapFigures(): () => Record<string, number> & Disposable {
  const backend = tf.backend() as unknown as { numDataIds(): number; wasm: Heap };
  let blocks = 0;
  const { _malloc, _free } = backend.wasm;
  const counting = shadow(backend.wasm, {
    _malloc: (bytes) => (blocks++, _malloc(bytes)),
    _free: (address) => (blocks -= Number(address !== 0), _free(address)),
  });
  return () => {
    const { numTensors, numDataBuffers } = tf.memory();
    const dispose = () => counting[Symbol.dispose]();
    return { numTensors, numDataBuffers, data: backend.numDataIds(), blocks, [Symbol.dispose]: dispose } as never;
  };
}

Deno.test("captured: 1,000 replays on wasm take no memory, nor do captures that ended, and the end gives all of it back", async () => {
  await chooseBackend("wasm", { blas: "off" });
  const apo = (problem: Problem) =>
    amortize({ problem, direction: momentum(), parameterization: scalarRate(), meta: { every: 3, early: 2 } });
  const small = clusters(7, { batchSize: 5 }), large = clusters(7, { batchSize: 9 });
  const eager = apo(small.problem);
  disposeTree(train(eager, small, started(eager, small), 0, 4)); // what kernels work in is there for good
  const figures = heapFigures(), start = figures();
  const bytes = ({ data, blocks, numTensors }: typeof start) => ({ data, blocks, numTensors });
  {
    using optimizer = captured(apo(small.problem));
    let carry = train(optimizer, small, started(optimizer, small), 0, 20);
    const during = bytes(figures());
    carry = train(optimizer, small, carry, 20, 1020);
    assertEquals(bytes(figures()), during);
    for (let round = 0; round < 20; round++) { // more kinds than are kept
      for (const task of [small, large]) carry = train(optimizer, task, carry, 0, 20, round);
    }
    disposeTree(carry);
  }
  assertEquals(bytes(figures()), bytes(start));
  start[Symbol.dispose]();
  [small, large].forEach((task) => task.dispose());
});

Deno.test("captured: a kernel that does other things at another time makes no wrong step", async () => {
  await chooseBackend("wasm", { blas: "off" });
  const task = clusters(16), reasons: string[] = [];
  const cautious = (problem: Problem) => {
    let calls = 0;
    return scaled(problem, (_, loss) => {
      const name = "ApoMoody", more = ++calls;
      if (more === 1) addKernel(name, "wasm", moody);
      return tf.engine().runKernel(name, { x: loss }) as tf.Tensor;
    });
  };
  let runs = 0;
  const moody: tf.KernelFunc = ({ backend }) => {
    const wasm = backend as unknown as WasmBackend, out = wasm.makeOutput([], "float32");
    if (++runs % 5 === 0) free(wasm, wasm.makeOutput([3], "float32")); // as data might make it
    wasm.typedArrayFromHeap(out)[0] = 0.1;
    return out;
  };
  using optimizer = captured(cautious(task.problem), { onUncaptured: ({ reason }) => reasons.push(reason) });
  const carry = train(optimizer, task, started(optimizer, task), 0, 12);
  const fixedly = scaled(task.problem, () => tf.scalar(0.1)),
    other = train(fixedly, task, started(fixedly, task), 0, 12);
  assertEquals(await bitsOf(carry), await bitsOf(other));
  assertEquals(reasons, ["it does other things from step to step"]);
  tf.unregisterKernel("ApoMoody", "wasm");
  disposeTree({ carry, other });
  task.dispose();
});

/** A test that may leave no tensor, no data and no memory. */
function cleanly(name: string, body: (task: Task) => Promise<void>): void {
  Deno.test(`captured on wasm: ${name}`, async () => {
    await chooseBackend("wasm", { blas: "off" });
    const task = clusters(17);
    await body(task); // what kernels work in is there for good
    const figures = heapFigures(), before = figures();
    await body(task);
    assertEquals({ ...figures() }, { ...before });
    before[Symbol.dispose]();
    task.dispose();
  });
}

/** As captured steps and as eager ones, the same bits; and why some are not captured. */
async function alike(task: Task, optimizerOf: (problem: Problem) => Optimizer, steps = 6): Promise<string[]> {
  return (await uncapturedOf(task, optimizerOf, steps)).map(({ reason }) => reason);
}

cleanly("tfjs's fused operations, whose inputs may be missing", async (task) => {
  const fused = (problem: Problem) =>
    scaled(problem, (_, loss) => {
      const row = tf.reshape(loss, [1, 1]) as tf.Tensor2D;
      return tf.mul(tf.sum(tf.fused.matMul({ a: row, b: row, activation: "relu" })), 0.01);
    });
  assertEquals(await alike(task, fused), []);
});

cleanly("inputs and targets that share data and differ in shape", async ({ batch: given }) => {
  const model = sequential([2, 2], [reshape([4]), dense({ units: 4 })]);
  const batch = (step: number) => {
    const { x } = given(step).inputs as { x: tf.Tensor };
    return { inputs: { x: tf.reshape(x, [-1, 2, 2]) }, targets: x };
  };
  const made: tf.Tensor[] = [];
  const noted = (step: number) => {
    const one = batch(step);
    made.push(one.inputs.x);
    return one;
  };
  const problem = { model, output: gaussian() };
  const task = { problem, batch: noted, metaBatch: noted, dispose: () => {} };
  assertEquals(await alike(task, (problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.05 })), []);
  tf.dispose(made);
});

cleanly("what the recorded step keeps of its results is what they were then", async (task) => {
  const kept: Record<string, number[]> = {};
  for (const how of ["eager", "captured"]) {
    let calls = 0;
    const held: tf.Tensor[] = [];
    const keeping = defineOptimizer<Record<never, never>>({
      init: () => ({}),
      advance: (carry, _, __) => {
        const params = tf.tidy(() =>
          Object.fromEntries(Object.entries(carry.params).map(([name, x]) => [name, tf.add(x, 1)]))
        );
        if (++calls === 2) held.push(tf.keep(params["dense1/kernel"].clone()));
        return { carry: { ...carry, params }, metrics: { loss: tf.scalar(0) } };
      },
    });
    using optimizer = how === "eager" ? { ...keeping, [Symbol.dispose]: () => {} } : captured(keeping);
    disposeTree(train(optimizer as Optimizer, task, started(optimizer as Optimizer, task), 0, 5));
    kept[how] = [...await held[0].data()];
    tf.dispose(held);
  }
  assertEquals(kept.captured, kept.eager);
});

cleanly("a batch that the recorded step keeps is that batch for good", async (task) => {
  let calls = 0;
  const held: tf.Tensor[] = [];
  const keeping = defineOptimizer<Record<never, never>>({
    init: () => ({}),
    advance: (carry, { batch }) => {
      if (++calls === 2) held.push(tf.keep((batch.inputs.x as tf.Tensor).clone()));
      return { carry: { ...carry, params: { ...carry.params } }, metrics: { loss: tf.scalar(0) } };
    },
  });
  const reasons: string[] = [];
  {
    using optimizer = captured(keeping, { onUncaptured: ({ reason }) => reasons.push(reason) });
    disposeTree(train(optimizer as Optimizer, task, started(optimizer as Optimizer, task), 0, 5));
  }
  assertEquals(reasons, ["it keeps a tensor of its batches"]);
  assertEquals([...await held[0].data()], [...await (task.batch(1).inputs.x as tf.Tensor).data()]);
  tf.dispose(held);
});

cleanly("a carry that comes back with its tensors in other places", async (task) => {
  type Pair = { readonly a: tf.Tensor; readonly b: tf.Tensor };
  const pair = defineOptimizer<Pair>({
    init: () => ({ a: tf.scalar(1), b: tf.scalar(2) }),
    advance: ({ params, buffers, state }) => {
      return { carry: { params, buffers, state: { a: tf.add(state.a, 10), b: tf.add(state.b, 100) } }, metrics: {} };
    },
  });
  const swapped = (carry: Carry): Carry => {
    const { state } = carry as unknown as { state: { rule: Pair } };
    return { ...carry, state: { ...carry.state, rule: { a: state.rule.b, b: state.rule.a } } } as unknown as Carry;
  };
  const results: unknown[] = [];
  for (const capture of [false, true]) {
    using optimizer = capture ? captured(pair) : { ...pair, [Symbol.dispose]: () => {} };
    let carry = started(optimizer as unknown as Optimizer, task);
    for (let step = 0; step < 6; step++) {
      carry = swapped(train(optimizer as unknown as Optimizer, task, carry, step, step + 1));
    }
    results.push(await bitsOf(carry.state));
    disposeTree(carry);
  }
  assertEquals(results[1], results[0]);
});

cleanly("a kernel that is made of operations is no kernel that can be called again", async (task) => {
  addKernel("ApoComposed", "wasm", ({ inputs }) => {
    return tf.tidy(() => tf.add(tf.square(inputs.x as tf.Tensor), 0.01)) as tf.TensorInfo;
  });
  const composed = (problem: Problem) =>
    scaled(problem, (_, loss) => tf.engine().runKernel("ApoComposed", { x: loss }) as tf.Tensor);
  assertEquals(await alike(task, composed), ["a kernel of it calls operations"]);
  tf.unregisterKernel("ApoComposed", "wasm");
});

cleanly("what a step that throws has kept of a choice is still there", async (task) => {
  const held: tf.Tensor[] = [];
  const choosing = scaled(task.problem, (_, loss) => {
    const yes = tf.fill([100], 3), no = tf.fill([100], 4);
    const { x } = select(tf.greater(loss, -1) as tf.Tensor, { x: yes } as Tensors, { x: no } as Tensors);
    held.push(tf.keep(x), tf.keep(yes));
    throw new Error("interrupted");
  });
  {
    using optimizer = captured(choosing);
    const carry = started(optimizer, task);
    try {
      train(optimizer, task, carry, 0, 1);
    } catch {
      // as it shall
    }
    disposeTree(carry);
  }
  held[0].dispose();
  tf.dispose(tf.fill([100], 7));
  assertEquals([...await held[1].data()], Array(100).fill(3));
  held[1].dispose();
});

cleanly("a choice where a gradient is taken is left to the eager step", async (task) => {
  const choosing = (problem: Problem) =>
    scaled(problem, (_, loss) => {
      const slope = tf.grad((x: tf.Tensor) => {
        const { y } = select(tf.greater(x, 0.5) as tf.Tensor, { y: tf.scalar(1) }, { y: tf.scalar(2) });
        return tf.mul(x, tf.tensor(y.shape.length + 1)); // the choice has no part in the gradient
      })(loss);
      return tf.mul(slope, 0.01);
    });
  assertEquals(await alike(task, choosing), ["it chooses where a gradient is taken"]);
});

cleanly("more shapes than are kept have the bits of eager steps", async () => {
  const tasks = Array.from({ length: 24 }, (_, i) => clusters(8, { batchSize: i + 1, batches: 1, model: mlp([4, 3]) }));
  const fixed = (problem: Problem) => fixedRate({ problem, direction: momentum(), learningRate: 0.05 });
  using optimizer = captured(fixed(tasks[0].problem));
  const eager = fixed(tasks[0].problem);
  let [ours, theirs] = [optimizer, eager].map((one) => started(one as Optimizer, tasks[0]));
  for (let round = 0; round < 4; round++) {
    for (const task of tasks) {
      ours = train(optimizer as Optimizer, task, ours, 0, 2);
      theirs = train(eager as Optimizer, task, theirs, 0, 2);
    }
  }
  assertEquals(await bitsOf(ours), await bitsOf(theirs));
  disposeTree({ ours, theirs });
  optimizer[Symbol.dispose]();
  tasks.forEach((task) => task.dispose());
});
