/** Which steps are refused: those that are not finite, all of them, and no others. */
import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  amortize,
  captured,
  type Carry,
  chain,
  clipByGlobalNorm,
  type Direction,
  fixedRate,
  gaussian,
  gradient,
  type Model,
  momentum,
  muon,
  type Optimizer,
  proximalPoint,
  rmsprop,
  scalarRate,
  shampoo,
  soap,
  squaredError,
  type Tensor,
  weightAverage,
} from "../../mod.ts";
import { trustedStep } from "../../optimizers/trusted_step.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { optimizers } from "./every_optimizer.ts";
import { clusters } from "./tiny_task.ts";

/** On each backend; of which every one computes finiteness in its own way. */
function onEach(name: string, body: () => Promise<void>): void {
  for (const backend of ["cpu", "wasm"] as const) {
    Deno.test(`${name}, on ${backend}`, async () => {
      await chooseBackend(backend);
      await body();
    });
  }
  webgpuTest(`${name}, on webgpu`, body);
}

const numbers = async (x: Tensor) => [...await x.data()];

/** The parameters after so many steps on one batch, and how many were refused. */
async function after(
  optimizer: Optimizer,
  problem: { readonly model: Model },
  steps: number,
  targets: Tensor,
): Promise<{ w: number[]; refused: number; carry: Carry }> {
  const { params, buffers } = problem.model.init(1), batch = { inputs: {}, targets }, seed = 1;
  const batches = { batch, metaBatch: () => batch };
  let carry = optimizer.init(params, buffers), refused = 0;
  if (optimizer.prepare) carry = await optimizer.prepare(carry, batches, { step: 0, seed });
  for (let step = 0; step < steps; step++) {
    const next = optimizer.step(carry, batches, { step, seed });
    carry = next.carry;
    [refused] = await numbers(next.metrics.refused);
    disposeTree(next.metrics);
  }
  return { w: await numbers(carry.params.w), refused, carry };
}

/** Outputs θ, with a mask in its buffers that `passed` hands on. */
function masked(passed: (mask: Tensor) => Tensor): Model {
  return {
    leaves: { w: { shape: [1, 3], role: "dense" } },
    init: () => ({
      params: { w: tf.tensor2d([[1, -2, 4]]) },
      buffers: {
        attention: { mask: tf.tensor2d([[0, -Infinity], [-3.4e38, -3.4e38]]) },
        last: tf.tensor1d([-3e38, -3e38, -3e38]),
      },
    }),
    apply: ({ w }, { attention, last }) => ({
      outputs: w,
      buffers: { attention: { mask: passed((attention as { mask: Tensor }).mask) }, last: passed(last as Tensor) },
    }),
  };
}

const ways: Readonly<Record<string, (mask: Tensor) => Tensor>> = {
  "as it is": (mask) => mask,
  "as a clone": (mask) => mask.clone(),
  "reshaped there and back": (mask) => tf.reshape(tf.reshape(mask, [-1]), mask.shape),
};
for (const [way, passed] of Object.entries(ways)) {
  onEach(`a constant buffer with −∞ and −3.4e38 that comes back ${way} refuses no step`, async () => {
    const model = masked(passed), problem = { model, output: gaussian() };
    const plain = fixedRate({ problem, direction: gradient(), learningRate: 0.25 });
    const targets = tf.zeros([1, 3]), before = tf.memory().numTensors;
    using replayed = captured(plain);
    for (const optimizer of [plain, replayed, weightAverage(plain)] as Optimizer[]) {
      const { w, refused, carry } = await after(optimizer, problem, 4, targets);
      assertEquals(refused, 0);
      w.forEach((x, i) => assertAlmostEquals(x, [1, -2, 4][i] * 0.75 ** 4, 1e-6));
      const { mask } = carry.buffers.attention as { mask: Tensor };
      assertEquals((await numbers(mask)).map(Math.fround), [0, -Infinity, -3.4e38, -3.4e38].map(Math.fround));
      disposeTree(carry);
    }
    const apo = amortize({ problem, direction: adam(), parameterization: scalarRate() });
    const { refused, w, carry } = await after(apo as Optimizer, problem, 30, targets);
    assertEquals(refused, 0);
    assertLess(Math.abs(w[2]), 2);
    disposeTree(carry);
    replayed[Symbol.dispose]();
    assertEquals(tf.memory().numTensors, before);
    targets.dispose();
  });
}

onEach("a buffer that becomes infinite is refused still, and large ones that change are not", async () => {
  for (const [factor, refused] of [[-1, 0], [2, 3]]) {
    const model = masked((x) => x);
    const problem = {
      model: {
        ...model,
        apply: (...[params, buffers]: Parameters<Model["apply"]>) => ({
          outputs: params.w,
          buffers: { ...buffers, last: tf.mul(buffers.last as Tensor, factor) },
        }),
      },
      output: gaussian(),
    };
    const targets = tf.zeros([1, 3]);
    const ended = await after(
      fixedRate({ problem, direction: gradient(), learningRate: 0.25 }) as Optimizer,
      problem,
      3,
      targets,
    );
    assertEquals(ended.refused, refused);
    disposeTree({ ...ended.carry, targets });
  }
});

/** θ, `[2, 2]`, with the constant gradient `scale` times ones. */
function slope(scale: number) {
  const model: Model = {
    leaves: { w: { shape: [2, 2], role: "dense" } },
    init: () => ({ params: { w: tf.zeros([2, 2]) }, buffers: {} }),
    apply: ({ w }, buffers) => ({ outputs: w, buffers }),
  };
  return { model, output: { loss: (outputs: Tensor) => tf.sum(tf.mul(outputs, scale)), discrepancy: squaredError } };
}

const scaleFree: Readonly<Record<string, () => Direction>> = {
  rmsprop: () => rmsprop() as Direction,
  adam: () => adam() as unknown as Direction,
  muon: () => muon() as unknown as Direction,
  shampoo: () => shampoo() as unknown as Direction,
  soap: () => soap() as unknown as Direction,
  "clip, momentum": () => chain(clipByGlobalNorm(1), momentum()) as Direction,
};
for (const [name, direction] of Object.entries(scaleFree)) {
  onEach(`${name}: gradients whose squares leave float32 do not turn into steps of 0 in silence`, async () => {
    const targets = tf.zeros([1]);
    for (const [scale, isRefused] of [[1e4, false], [1e25, true]] as const) {
      const problem = slope(scale), optimizer = fixedRate({ problem, direction: direction(), learningRate: 0.1 });
      const { w, refused, carry } = await after(optimizer as Optimizer, problem, 3, targets);
      assertEquals(refused, isRefused ? 3 : 0);
      if (isRefused) assertEquals(w, [0, 0, 0, 0]);
      else assertLess(w.reduce((sum, x) => sum + x), -1e-3); // downhill
      disposeTree(carry);
      if (!isRefused) continue;
      // the search of APO does not blame the direction, and the steps are counted
      const apo = amortize({ problem, direction: direction(), parameterization: scalarRate() });
      const learned = await after(apo as Optimizer, problem, 3, targets);
      assertEquals(learned.refused, 3);
      disposeTree(learned.carry);
    }
    targets.dispose();
  });
}

onEach("the trust region: where ⟨g, U⟩ leaves float32 there is no step of 0, and none of full length", async () => {
  const of = (g: number, u: number) => {
    const [params, gradient, update, velocity] = [0, g, u, 0].map((x) => ({ w: tf.fill([2], x) }));
    const numbers = { learningRate: tf.scalar(0.5), trustRegion: 8, momentum: 0.9 };
    return trustedStep({ params, gradient, update, velocity, ...numbers }).params.w;
  };
  assertEquals(await numbers(of(1, 1)), [-0.5, -0.5]); // within the region
  (await numbers(of(4, 4))).forEach((x) => assertAlmostEquals(x, -1, 1e-6)); // √(8/32) of it
  assertEquals(await numbers(of(1e25, 1e25)), [NaN, NaN]);
  const both = tf.tensor1d([1, -1]), zero = { w: tf.zeros([2]) }; // ∞ − ∞
  const { params } = trustedStep({
    ...{ params: zero, velocity: zero, learningRate: tf.scalar(0.5), trustRegion: 8, momentum: 0.9 },
    ...{ gradient: { w: tf.fill([2], 1e25) }, update: { w: tf.mul(both, 1e25) } },
  });
  assertEquals(await numbers(params.w), [NaN, NaN]);
});

onEach("proximalPoint: an inner state that overflows refuses the step", async () => {
  const targets = tf.zeros([1]);
  for (const [scale, refused] of [[1, 0], [1e25, 2]]) {
    const problem = slope(scale), inner = adam() as unknown as Direction;
    const optimizer = proximalPoint({ problem, inner, lambdaFsd: 0, innerSteps: 3, innerRate: 0.1 });
    const ended = await after(optimizer as Optimizer, problem, 2, targets);
    assertEquals(ended.refused, refused);
    if (refused === 0) ended.w.forEach((x) => assertLess(x, -0.3)); // 6 steps of about 0.1
    disposeTree(ended.carry);
  }
  targets.dispose();
});

Deno.test("parameters that cannot be trained are refused at init by their names, by every optimizer", async () => {
  await chooseBackend("cpu");
  const task = clusters(1), one = tf.ones([2, 2]), fine = tf.ones([3]);
  for (const make of Object.values(optimizers)) {
    const optimizer = make(task.problem);
    const init = (params: Record<string, Tensor>, message: string) =>
      assertThrows(() => optimizer.init({ fine, ...params }, {}), UserError, message);
    init({ "dense1/kernel": tf.zeros([3, 0]) }, 'the parameter "dense1/kernel" has the shape [3,0]');
    init({ "dense1/kernel": tf.zeros([0]) }, 'the parameter "dense1/kernel" has the shape [0]');
    init({ "dense1/table": tf.zeros([3, 1], "int32") }, '"dense1/table" is a tensor of int32; give a float32 tensor');
    init({ dense1: { kernel: one } as unknown as Tensor }, 'the parameter "dense1" is not a tensor');
    init({ a: one, b: one }, 'the parameters "a" and "b" are one tensor');
    assertThrows(() => optimizer.init({}, {}), UserError, "the model has no parameters");
  }
  tf.dispose([one, fine]);
  task.dispose();
});
