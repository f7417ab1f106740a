/** The same steps on every backend: equal up to float32's rounding, which five steps carry on. */
import { assert, assertEquals } from "@std/assert";
import {
  adam,
  amortize,
  chain,
  clipByGlobalNorm,
  convNet,
  diagonal,
  fixedRate,
  gradient,
  hypergradient,
  kfac,
  kfacStructured,
  mlp,
  momentum,
  muon,
  type Optimizer,
  perBlockRates,
  type Problem,
  prodigy,
  rmsprop,
  scalarRate,
  scheduleFreeAdamw,
  shampoo,
  soap,
  softmax,
  stepDecay,
  type Tree,
  weightAverage,
} from "../../mod.ts";
import * as tf from "@tensorflow/tfjs";
import { type BackendName, chooseBackend } from "../../runtime/backend.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { disposeTree, flatten } from "../../runtime/tree.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { clusters, start, type Task } from "./tiny_task.ts";

const optimizers: Readonly<Record<string, (problem: Problem) => Optimizer>> = {
  "fixedRate(adam), step decay": (problem) =>
    fixedRate({
      problem,
      direction: adam(),
      learningRate: stepDecay({ initial: 0.05, every: 2, factor: 0.5 }),
    }) as Optimizer,
  "amortize(clip and momentum, scalarRate)": (problem) =>
    amortize({
      problem,
      direction: chain(clipByGlobalNorm(1), momentum()),
      parameterization: scalarRate(),
    }) as Optimizer,
  "amortize(rmsprop, perBlockRates)": (problem) =>
    amortize({ problem, direction: rmsprop(), parameterization: perBlockRates() }) as Optimizer,
  "amortize(gradient, diagonal)": (problem) =>
    amortize({ problem, direction: gradient(), parameterization: diagonal() }) as Optimizer,
  "amortize(gradient, kfacStructured, blocks of 4)": (problem) =>
    amortize({ problem, direction: gradient(), parameterization: kfacStructured({ blockSize: 4 }) }) as Optimizer,
  scheduleFreeAdamw: (problem) => scheduleFreeAdamw({ problem, learningRate: 0.05 }) as Optimizer,
  prodigy: (problem) => prodigy({ problem, initialD: 1e-3 }) as Optimizer,
  "hypergradient(adam)": (problem) =>
    hypergradient({ problem, direction: adam(), learningRate: 0.01, hyperRate: 1e-4 }) as Optimizer,
  "weightAverage(fixedRate(momentum))": (problem) =>
    weightAverage(fixedRate({ problem, direction: momentum(), learningRate: 0.05 })) as Optimizer,
  "fixedRate(muon)": (problem) =>
    fixedRate({ problem, direction: muon({ leaves: problem.model.leaves }), learningRate: 0.02 }) as Optimizer,
  "fixedRate(shampoo, momentum)": (problem) =>
    fixedRate({
      problem,
      direction: chain(shampoo({ leaves: problem.model.leaves, every: 2 }), momentum()),
      learningRate: 0.05,
    }) as Optimizer,
  "fixedRate(soap)": (problem) =>
    fixedRate({
      problem,
      // blocks of 2: two directions that no gradient has could be any pair in their plane
      direction: soap({ leaves: problem.model.leaves, every: 2, blockSize: 2 }),
      learningRate: 0.02,
    }) as unknown as Optimizer,
  // drawn targets differ where probabilities do in their last digits
  "kfac(empirical)": (problem) =>
    kfac({ problem, fisher: "empirical", statisticsEvery: 2, inverseEvery: 2 }) as Optimizer,
};

/** Of soap: eigenvectors come in any order and with any sign. */
const arbitrary = /\.bases\.|\.direction\.square\./;

/** Of a tree, without `dataSync`, which WebGPU does not like. */
async function values(tree: Tree): Promise<Record<string, number[]>> {
  const entries = Object.entries(flatten(tree)).map(async ([path, x]) =>
    [path, [...await x.data()]] as [string, number[]]
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function fiveSteps(optimizer: Optimizer, task: Task, spoil = -1): Promise<Record<string, number[]>> {
  let carry = await start(optimizer, task);
  for (let step = 0; step < 5; step++) {
    const batch = task.batch(step), x = batch.inputs.x as tf.Tensor;
    const poisoned = step === spoil ? tf.tidy(() => tf.div(x, tf.zerosLike(x))) : undefined;
    const seen = poisoned ? { ...batch, inputs: { x: poisoned } } : batch;
    const next = optimizer.step(carry, { batch: seen, metaBatch: () => task.metaBatch(step) }, { step, seed: 1 });
    carry = next.carry;
    disposeTree(next.metrics);
    poisoned?.dispose();
  }
  const result = await values(carry);
  disposeTree(carry);
  return result;
}

function assertAgree(actual: Record<string, number[]>, expected: Record<string, number[]>, tolerance: number): void {
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [path, numbers] of Object.entries(expected)) {
    if (arbitrary.test(path)) continue;
    const size = Math.max(1e-3, ...numbers.map(Math.abs));
    numbers.forEach((x, i) => {
      const error = Math.abs(actual[path][i] - x) / size;
      assert(error <= tolerance, `${path} ${i}: ${actual[path][i]}, on cpu ${x} (error ${error})`);
    });
  }
}

/** Compares a backend with cpu, in a task made afresh on each. */
async function compare(
  backend: BackendName,
  make: (problem: Problem) => Optimizer,
  taskOf: () => Task,
  tolerance: number,
): Promise<void> {
  const on = async (name: BackendName) => {
    await chooseBackend(name);
    const task = taskOf(), result = await fiveSteps(make(task.problem), task);
    task.dispose();
    return result;
  };
  const actual = await on(backend), expected = await on("cpu");
  await chooseBackend(backend);
  assertAgree(actual, expected, tolerance);
}

/**
 * Images of 8 × 8 in three classes. With half as many some gradients of φ are nothing but rounding, which the meta-optimizer blows up to
 * steps of full length (with 60 images a change of them by 3e-6 does so on cpu alone).
 */
function images(): Task {
  const stream = random(5, "images"), problem = { model: convNet(8, 3), output: softmax() };
  const x = randomTensor([12, 64], () => stream.uniform());
  const targets = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], "int32");
  const batch = { inputs: { x }, targets };
  return { problem, batch: () => batch, metaBatch: () => batch, dispose: () => disposeTree({ x, targets }) };
}

const TOLERANCE = 2e-3;

for (const [name, make] of Object.entries(optimizers)) {
  Deno.test(`wasm is cpu: ${name}`, () =>
    compare("wasm", make, () => clusters(21, { model: mlp([4, 6, 3], { activation: "tanh" }) }), TOLERANCE));
  webgpuTest(
    `webgpu is cpu: ${name}`,
    () => compare("webgpu", make, () => clusters(21, { model: mlp([4, 6, 3], { activation: "tanh" }) }), TOLERANCE),
  );
}

const onImages = (problem: Problem) =>
  amortize({ problem, direction: momentum(), parameterization: kfacStructured() }) as Optimizer;
Deno.test("wasm is cpu: a convolutional network, structured", () => compare("wasm", onImages, images, TOLERANCE));
webgpuTest("webgpu is cpu: a convolutional network, structured", () => compare("webgpu", onImages, images, TOLERANCE));

// Shading languages may assume that there is no NaN: the decision to refuse a step must survive their compilers.
webgpuTest("webgpu refuses a step that gives NaN, and goes on", async () => {
  const task = clusters(22);
  for (const make of Object.values(optimizers)) {
    const result = await fiveSteps(make(task.problem), task, 2);
    const count = (name: string) =>
      Object.entries(result).filter(([path]) => path.endsWith(`.${name}`)).map(([, x]) => x);
    assertEquals([count("refused"), count("refusedInARow")], [[[1]], [[0]]]);
    assert(Object.values(result).flat().every(Number.isFinite));
  }
  task.dispose();
});
