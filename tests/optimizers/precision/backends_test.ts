/** Training in narrow formats on every backend: what is stored, that backends agree, and that captured steps have the bits of eager ones. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { adam, amortize, amortizeByProbes, fixedRate, kfac, momentum, muon, scalarRate, soap } from "../../../mod.ts";
import { activation, batchNorm, conv2d, dense, globalAveragePool, sequential } from "../../../mod.ts";
import {
  type BackendName,
  type Carry,
  chooseBackend,
  type Direction,
  narrowOptimizer,
  narrowProblem,
  type Optimizer,
} from "../../../mod.ts";
import { type Policy, policyOf } from "../../../mod.ts";
import { roundArray } from "../../../runtime/precision/round.ts";
import { disposeTree, flatten } from "../../../runtime/tree.ts";
import { halfTest, webgpuTest } from "../../runtime/webgpu_test_case.ts";
import { started, train, uncapturedOf } from "../eager_and_captured.ts";
import type { MakeOptimizer } from "../every_optimizer.ts";
import { imageTask, tasks } from "../module_tasks.ts";
import { clusters, type Task } from "../tiny_task.ts";

const at = (direction: () => Direction, learningRate: number): MakeOptimizer => (problem) =>
  fixedRate({ problem, direction: direction(), learningRate });

const rules: Readonly<Record<string, MakeOptimizer>> = {
  momentum: at(momentum as () => Direction, 0.05),
  adam: at(adam as () => Direction, 0.01),
  "apo-momentum": (problem) =>
    amortize({
      problem,
      direction: momentum(),
      parameterization: scalarRate({ learningRate: 0.05 }),
      meta: { every: 2, early: 1 },
    }) as Optimizer,
  kfac: (problem) => kfac({ problem, statisticsEvery: 2, inverseEvery: 2 }) as Optimizer,
  "apo-kfac": (problem) => amortizeByProbes({ problem, every: 2, blockSize: 4 }) as Optimizer,
  muon: (problem) => at(() => muon({ leaves: problem.model.leaves }) as unknown as Direction, 0.02)(problem),
  soap: (problem) => at(() => soap({ leaves: problem.model.leaves, every: 2 }) as unknown as Direction, 0.01)(problem),
};

const networks: Readonly<Record<string, () => Task>> = {
  mlp: () => clusters(3),
  "a convolution with BatchNorm": () => imageTask(convolution(), 8),
  "a Transformer": tasks["a Transformer"],
};

const convolution = () =>
  sequential([8, 8, 1], [
    conv2d({ filters: 4, window: 3, padding: 1, bias: "none" }),
    batchNorm(),
    activation("relu"),
    globalAveragePool(),
    dense({ units: 3 }),
  ]);

/** Each rule, network and policy at least once. Adam's and SOAP's ε is 0 in f16 and e5m3, so that they make no step there. */
const cases: [network: string, rule: string, precision: string][] = [
  ["mlp", "momentum", "bf16"],
  ["mlp", "apo-momentum", "f16"],
  ["mlp", "soap", "bf16"],
  ["mlp", "adam", "bf16-stochastic"],
  ["a convolution with BatchNorm", "momentum", "e5m3"],
  ["a convolution with BatchNorm", "kfac", "f16"],
  ["a convolution with BatchNorm", "apo-kfac", "bf16"],
  ["a convolution with BatchNorm", "muon", "bf16"],
  ["a Transformer", "adam", "bf16-master"],
  ["a Transformer", "momentum", "bf16-products"],
];
const STEPS = 5;

interface Case {
  readonly task: Task;
  optimizerOf(): Optimizer;
}

/** In float32, or as a policy has it. */
function caseOf(network: string, rule: string, policy?: Policy): Case {
  const task = networks[network](), make = rules[rule];
  if (!policy) return { task, optimizerOf: () => make(task.problem) };
  const problem = narrowProblem(task.problem, policy);
  return { task: { ...task, problem }, optimizerOf: () => narrowOptimizer(make(problem), policy) as Optimizer };
}

type Numbers = Readonly<Record<string, Float32Array>>;

/** Every number of a carry, but those that stand alone. */
async function numbersOf(carry: Carry): Promise<Numbers> {
  const large = Object.entries(flatten(carry)).filter(([, x]) => x.dtype === "float32" && x.size > 1);
  return Object.fromEntries(await Promise.all(large.map(async ([path, x]) => [path, await x.data() as Float32Array])));
}

/** The numbers before and after some steps. */
async function trained(
  backend: BackendName,
  ...of: Parameters<typeof caseOf>
): Promise<[before: Numbers, after: Numbers]> {
  await chooseBackend(backend);
  const { task, optimizerOf } = caseOf(...of), optimizer = optimizerOf(), start = started(optimizer, task);
  const before = await numbersOf(start),
    carry = train(optimizer, task, start, 0, STEPS),
    after = await numbersOf(carry);
  disposeTree(carry);
  task.dispose();
  return [before, after];
}

/** ‖a − b‖ over the parameters. */
function distance(a: Numbers, b: Numbers): number {
  const params = Object.keys(a).filter((path) => path.startsWith("params."));
  return Math.hypot(...params.flatMap((path) => [...a[path].map((x, i) => x - b[path][i])]));
}

/**
 * That a step stores what the policy says, and that backends agree. Kernels that are one on wasm and WebGPU and several on cpu round once
 * instead of several times, and sums are in other orders: so each is as far from float32 as its own rounding takes it, and two of them are apart by
 * at most the sum of these.
 */
async function agrees(backend: BackendName, network: string, rule: string, precision: string): Promise<void> {
  const policy = policyOf({ precision }), { arithmetic: { results, weights }, format } = policy;
  const [[, exact], [, expected]] = [await trained("cpu", network, rule), await trained("cpu", network, rule, policy)];
  const [before, after] = await trained(backend, network, rule, policy), effect = distance(expected, exact);
  assert(distance(after, expected) < 2 * effect, `${distance(after, expected)}, and by rounding ${effect}`);
  for (const [path, values] of Object.entries(after)) {
    const isNarrow = path.startsWith("params.") ? weights : results.update,
      changed = values.some((x, i) => x !== before[path][i]);
    const nearest = Float32Array.from(values);
    roundArray(nearest, format);
    if (isNarrow && changed) assertEquals(values, nearest, path);
    if (!weights && path.startsWith("params.")) assertNotEquals(values, nearest, path);
  }
}

for (const [network, rule, precision] of cases) {
  const what = `${rule} in ${precision} trains ${network}`;
  Deno.test(`wasm: ${what} as on cpu`, () => agrees("wasm", network, rule, precision));
  webgpuTest(`webgpu: ${what} as on cpu`, () => agrees("webgpu", network, rule, precision));
  webgpuTest(`captured: ${what}`, async () => {
    const { task, optimizerOf } = caseOf(network, rule, policyOf({ precision }));
    assertEquals(await uncapturedOf(task, optimizerOf, STEPS), []);
    task.dispose();
  });
}

for (const network of ["mlp", "a convolution with BatchNorm"]) {
  halfTest(`products in half precision: momentum trains ${network} as by rounding, captured or not`, async () => {
    const policy = policyOf({ precision: "f16-gpu" }), rule = "momentum";
    const [[, exact], [, rounded]] = [
      await trained("webgpu", network, rule),
      await trained("webgpu", network, rule, policyOf({ precision: "f16-products" })),
    ];
    const [, halves] = await trained("webgpu", network, rule, policy), effect = distance(rounded, exact);
    assert(effect > 0 && distance(halves, rounded) < effect, `${distance(halves, rounded)}, and by rounding ${effect}`);
    const { task, optimizerOf } = caseOf(network, rule, policy);
    assertEquals(await uncapturedOf(task, optimizerOf, STEPS), []);
    task.dispose();
  });
}

webgpuTest("captured: a scale that refused steps halve", async () => {
  const { task } = caseOf("mlp", "momentum"), { output } = task.problem, policy = policyOf({ precision: "f16" });
  const loss: typeof output.loss = (...of) => tf.mul(output.loss(...of), 8); // sums of slopes, times 2¹⁶, are above 65504
  const problem = narrowProblem({ ...task.problem, output: { ...output, loss } }, policy), on = { ...task, problem };
  const optimizerOf = () => narrowOptimizer(rules.momentum(problem), policy) as Optimizer;
  assertEquals(await uncapturedOf(on, optimizerOf, STEPS), []);
  const optimizer = optimizerOf(), carry = train(optimizer, on, started(optimizer, on), 0, STEPS);
  const [scale] = await flatten(carry)["state.lossScale"].data();
  assert(scale > 2 ** 11 && scale < 2 ** 16, `${scale}`);
  disposeTree(carry);
  task.dispose();
});
