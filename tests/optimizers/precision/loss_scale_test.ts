/** Scaled losses: small gradients survive float16, and the scale follows what is refused. */
import { assertEquals, assertGreater } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, dense, fixedRate, gradient, narrowOptimizer, narrowProblem } from "../../../mod.ts";
import { type Optimizer, policyOf, type PolicyOptions, type Problem, sequential } from "../../../mod.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { optimizers } from "../every_optimizer.ts";
import { clusters, numbers, start, type Task, train } from "../tiny_task.ts";

await chooseBackend("cpu");

/** Two linear maps whose loss is `scale` times the sum of the outputs: the gradient of the first is scale · second. */
function sumTask(scale: number): Task {
  const model = sequential([1], [dense({ units: 2, bias: "none" }), dense({ units: 2, bias: "none" })]);
  const loss = (outputs: tf.Tensor): tf.Tensor => tf.mul(tf.sum(outputs), scale);
  const problem = { model, output: { loss, discrepancy: loss } } as unknown as Problem;
  const batch = { inputs: { x: tf.tensor2d([[1]]) }, targets: tf.tensor2d([[0, 0]]) };
  return { problem, batch: () => batch, metaBatch: () => batch, dispose: () => {} };
}

/** After so many steps of gradient descent at a rate of 1/`scale`: how far the weights went, the scale of the loss, refusals. */
function after(scale: number, steps: number, options: PolicyOptions, factor = 1) {
  const task = sumTask(scale * factor), policy = policyOf(options), problem = narrowProblem(task.problem, policy);
  const plain = fixedRate({ problem, direction: gradient(), learningRate: 0.125 / scale });
  const optimizer = narrowOptimizer(plain, policy) as Optimizer, names = Object.keys(problem.model.leaves);
  const params = Object.fromEntries(
    names.map((name, i) => [name, tf.fill(problem.model.leaves[name].shape as number[], i + 1)]),
  );
  const { carry, metrics } = train(optimizer, { ...task, problem }, optimizer.init(params, {}), { to: steps });
  const [first] = numbers(carry.params)[names[0]];
  disposeTree(carry);
  return { first, lossScale: metrics.lossScale, refused: metrics.refused };
}

Deno.test("float16: a gradient below 2⁻²⁵ is 0 without a scale of the loss, and right with it", () => {
  const tiny = 2 ** -26; // times 2, the second map's weights, in both outputs: 2⁻²⁴ is the smallest float16
  assertEquals(after(tiny / 4, 1, { precision: "f16-master", lossScale: "none" }).first, 1);
  assertEquals(after(tiny / 4, 1, { precision: "f16-master" }).first, 1 - 0.125 * 4);
  assertEquals(after(tiny / 4, 1, { precision: "bf16-master" }).first, 1 - 0.125 * 4);
});

Deno.test("a step whose scaled gradient overflows is refused and halves the scale, until it fits", () => {
  const { first, lossScale, refused } = after(1, 4, { precision: "f16-master" }, 4); // slopes of 4 · 2¹⁶ and more
  assertGreater(refused, 0);
  assertEquals(lossScale, 2 ** (16 - refused));
  assertEquals(first < 1, refused < 4);
});

Deno.test("a scale that held for 2000 steps is doubled", () => {
  const task = sumTask(2 ** -20),
    policy = policyOf({ precision: "f16-master" }),
    problem = narrowProblem(task.problem, policy);
  const optimizer = narrowOptimizer(
    fixedRate({ problem, direction: gradient(), learningRate: 1e-3 }),
    policy,
  ) as Optimizer;
  const { params, buffers } = problem.model.init(1);
  let carry = optimizer.init(params, buffers);
  const state = carry.state as unknown as { lossScale: tf.Tensor; steadySteps: tf.Tensor };
  state.steadySteps.dispose();
  carry = { ...carry, state: { ...carry.state, steadySteps: tf.scalar(1998) } };
  const scales = [];
  for (let step = 0; step < 3; step++) {
    const result = train(optimizer, { ...task, problem }, carry, { from: step, to: step + 1 });
    scales.push(result.metrics.lossScale);
    carry = result.carry;
  }
  assertEquals(scales, [2 ** 16, 2 ** 17, 2 ** 17]);
  disposeTree(carry);
});

Deno.test("with all of float32's bits a scale of the loss changes no bit of what any optimizer does", async (t) => {
  for (const [name, make] of Object.entries(optimizers).filter(([name]) => !/^amortize\((?!momentum)/.test(name))) {
    await t.step(name, async () => {
      const task = clusters(3), runs = [];
      for (const lossScale of ["none", "dynamic"] as const) {
        const policy = policyOf({ precision: "e8m23", float32: ["inverses"], lossScale });
        const problem = narrowProblem(task.problem, policy), on = { ...task, problem };
        const optimizer = narrowOptimizer(make(problem), policy) as Optimizer;
        const { carry, losses } = train(optimizer, on, await start(optimizer, on), { to: 3 });
        runs.push({ losses, ...numbers(carry.params) });
        disposeTree(carry);
      }
      assertEquals(runs[1], runs[0]);
      task.dispose();
    });
  }
});
