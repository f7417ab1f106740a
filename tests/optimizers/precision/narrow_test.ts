/** Training in narrow formats: what is rounded, what is not, and that nothing else changes. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  chooseBackend,
  fixedRate,
  gaussian,
  gradient,
  kfac,
  muon,
  narrowOptimizer,
  narrowProblem,
  network,
} from "../../../mod.ts";
import { dense, type Optimizer, policyOf, type PolicyOptions, type Problem, UserError } from "../../../mod.ts";
import { F16, formatNamed } from "../../../runtime/precision/format.ts";
import { roundArray } from "../../../runtime/precision/round.ts";
import { roundKernels } from "../../../runtime/precision/rounded_kernels.ts";
import { computedIn } from "../../../runtime/precision/scope.ts";
import { disposeTree, flatten } from "../../../runtime/tree.ts";
import { causalMask } from "../../../models/layers/attention.ts";
import { inference } from "../../../models/mode.ts";
import { tasks } from "../module_tasks.ts";
import { type MakeOptimizer, optimizers } from "../every_optimizer.ts";
import { clusters, numbers, start, type Task, train } from "../tiny_task.ts";

await chooseBackend("cpu");

/** A task and an optimizer as a policy has them. */
function narrow(task: Task, make: MakeOptimizer, options: PolicyOptions): { task: Task; optimizer: Optimizer } {
  const policy = policyOf(options), problem = narrowProblem(task.problem, policy);
  return { task: { ...task, problem }, optimizer: narrowOptimizer(make(problem), policy) as Optimizer };
}

/** The nearest numbers of a format. */
function rounded(name: string, ...values: number[]): number[] {
  const array = Float32Array.from(values);
  roundArray(array, formatNamed(name));
  return [...array];
}

/** Whether the format has all of these numbers. */
function holds(name: string, values: ArrayLike<number>): boolean {
  const nearest = rounded(name, ...Array.from(values));
  return nearest.every((x, i) => Object.is(x, values[i]));
}

const some = Object.entries(optimizers).filter(([name]) =>
  !name.startsWith("amortize(") || /momentum, (scalarRate|kfacStructured), default|linear decay|by noise/.test(name)
);

Deno.test("a format with all of float32's bits changes no bit of any optimizer", async (t) => {
  for (const [name, make] of some) {
    await t.step(name, async () => {
      const task = clusters(3), plain = make(task.problem);
      const other = narrow(task, make, { precision: "e8m23", float32: ["inverses", "sums"] });
      const runs = [];
      for (const [on, optimizer] of [[task, plain], [other.task, other.optimizer]] as const) {
        const { carry, losses } = train(optimizer, on, await start(optimizer, on), { to: 4 });
        runs.push({ losses, ...numbers(carry) });
        disposeTree(carry);
      }
      assertEquals(runs[1], runs[0]);
      task.dispose();
    });
  }
});

Deno.test("in bf16 every number that a step stores is a bfloat16, but those that stand alone, and what learns a rate", async (t) => {
  for (const [name, make] of some) {
    await t.step(name, async () => {
      const float32 = /shampoo/.test(name) ? ["inverses", "sums", "meta"] : undefined; // Newton's iteration ends in NaN there, and no step is made
      const { task, optimizer } = narrow(clusters(3), make, { precision: "bf16", float32 });
      const { carry, losses } = train(optimizer, task, await start(optimizer, task), { to: 4 });
      assert(losses.every(Number.isFinite));
      const first = await start(optimizer, task);
      const before = numbers(first), after = numbers(carry);
      disposeTree(first);
      const changed = Object.entries(flatten(carry)).filter(([path, x]) =>
        x.dtype === "float32" && x.size > 1 && !path.includes("Root") &&
        after[path].some((value, i) => value !== before[path][i])
      );
      assertGreater(changed.length, 0);
      for (const [path] of changed) assert(holds("bf16", after[path]), path);
      disposeTree(carry);
      task.dispose();
    });
  }
});

/** One linear map without bias, on given numbers. */
function linearTask(inputs: number[][], targets: number[][]): Task {
  const model = network(dense({ units: targets[0].length, bias: "none" }), [inputs[0].length]);
  const batch = { inputs: { x: tf.tensor2d(inputs) }, targets: tf.tensor2d(targets) };
  const problem: Problem = { model, output: gaussian() };
  return { problem, batch: () => batch, metaBatch: () => batch, dispose: () => {} };
}

const descent = (learningRate: number): MakeOptimizer => (problem) =>
  fixedRate({ problem, direction: gradient(), learningRate });

Deno.test("weights: steps below half of their last bit are lost by rounding to the nearest, and right on average at random", () => {
  // the gradient of ½(w − t)² summed over 64 outputs is w − t = 1 everywhere; 2⁻¹² is a 16th of the last bit of 1 in bf16 (2⁻⁷ above, 2⁻⁸ below)
  const outputs = 512, steps = 32, rate = 2 ** -12;
  const task = linearTask([[1]], [new Array(outputs).fill(0)]);
  const mean = (precision: string): number => {
    const { task: on, optimizer } = narrow(task, descent(rate), { precision });
    const { buffers } = on.problem.model.init(1), name = Object.keys(on.problem.model.leaves)[0];
    const carry = optimizer.init({ [name]: tf.fill([1, outputs], 1.5) }, buffers);
    const { carry: end } = train(optimizer, on, carry, { to: steps });
    const values = numbers(end.params)[name];
    if (precision !== "bf16-master") assert(holds("bf16", values));
    disposeTree(end);
    return values.reduce((a, b) => a + b) / outputs;
  };
  const exact = 1.5 * (1 - rate) ** steps; // the gradient is w itself
  assertEquals(mean("bf16"), 1.5);
  assertLess(Math.abs(mean("bf16-master") - exact), 2 ** -8 * 1.5 * rate * steps); // slopes are bfloat16s
  const spread = 2 ** -7 * Math.sqrt(steps * 0.05 / outputs); // of a mean of draws with probability of a 20th or so
  assertLess(Math.abs(mean("bf16-stochastic") - exact), 4 * spread);
  assertLess(mean("bf16-stochastic"), 1.5 - 4 * spread);
});

Deno.test("products alone: their operands and results are narrow, and nothing else", () => {
  const inputs = [[1.001, 0.3337]], weights = [[0.7003, 0.1], [1.2345, 0.2]];
  const task = linearTask(inputs, [[0, 0]]), name = Object.keys(task.problem.model.leaves)[0];
  const bf16 = (...x: number[]) => rounded("bf16", ...x);
  const outputOf = (precision: string): number => {
    const problem = narrowProblem(task.problem, policyOf({ precision }));
    return tf.tidy(() =>
      problem.model.apply({ [name]: tf.tensor2d(weights) }, {}, { x: tf.tensor2d(inputs) }, {
        training: false,
        random: () => {
          throw new Error();
        },
      }).outputs.dataSync()[0]
    );
  };
  const [a, b] = bf16(...inputs[0]), [v, , w] = bf16(...weights.flat());
  assertEquals(outputOf("bf16-products"), bf16(Math.fround(a * v + b * w))[0]);
});

Deno.test("inverses: in bf16 a factor that is damped too little has none, in float32 it has one", () => {
  const failures = (options: PolicyOptions): number => {
    const { task, optimizer } = narrow(
      clusters(3, { batchSize: 8 }),
      (problem) => kfac({ problem, damping: 1e-7, inverseEvery: 1, statisticsEvery: 1 }),
      options,
    );
    const { params, buffers } = task.problem.model.init(1);
    const { carry, metrics } = train(optimizer, task, optimizer.init(params, buffers), { to: 3 });
    disposeTree(carry);
    task.dispose();
    return metrics.inverseFailures;
  };
  assertGreater(failures({ precision: "bf16" }), 0);
  assertEquals(failures({ precision: "bf16", float32: ["factors", "inverses", "sums", "meta"] }), 0);
});

Deno.test("float16: Muon's direction is the same where the squares of the gradient vanish", () => {
  roundKernels();
  const rule = muon(), g = tf.tensor2d([[1, 0.5], [-0.25, 2]]);
  const direction = (gradient: tf.Tensor) => {
    const next = () => rule.next({ w: gradient }, rule.init({ w: gradient }), { w: gradient }, { step: 0, seed: 0 });
    return [
      ...tf.tidy(() => computedIn({ results: { update: F16, inverses: F16 } }, "update", next).direction.w.dataSync()),
    ];
  };
  const small = direction(tf.mul(g, 2 ** -14)); // squares from 2⁻³² to 2⁻²⁶, and 2⁻²⁴ is the smallest float16
  direction(g).forEach((x, i) => assertAlmostEquals(small[i], x, 2 ** -6));
});

Deno.test("float16: a query that sees no key makes no NaN", () => {
  const { problem } = tasks["a Transformer"](), { model } = narrowProblem(problem, policyOf({ precision: "f16" }));
  const { params, buffers } = model.init(1), padding = tf.zeros([2, 3], "int32");
  const inputs = { source: padding, target: padding };
  const outputs = tf.tidy(() => model.apply(params, buffers, inputs, inference).outputs);
  assert(outputs.dataSync().every(Number.isFinite));
});

Deno.test("attention's mask lets nothing through in formats with 4 bits of exponent, and is refused with fewer", () => {
  roundKernels();
  const weights = (name: string) =>
    computedIn(
      { results: { passes: formatNamed(name) } },
      "passes",
      () => tf.tidy(() => [...tf.softmax(causalMask(2)).dataSync()]),
    );
  for (const name of ["e4m3", "e4m10", "f16", "bf16"]) assertEquals(weights(name), [1, 0, 0.5, 0.5]);
  for (const name of ["e2m3", "e3m10"]) {
    assertThrows(() => weights(name), UserError, `precision=${name} cannot mask attention; give a format with 4 bits`);
  }
});
