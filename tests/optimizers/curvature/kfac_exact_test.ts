/** KFAC against the natural gradient: the exact one where the Fisher matrix is a Kronecker product, and its own in float64. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Matrix } from "ml-matrix";
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  type Carry,
  dense,
  gaussian,
  inference,
  kfac,
  kroneckerFactors,
  layerPass,
  linear,
  mlp,
  type Model,
  type Problem,
  residual,
  sequential,
  softmax,
  type Tensor,
  weightMatrices,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { ofEigenvalues, relativeError } from "../../runtime/linear_algebra/matrices.ts";
import { clusters, numbers, start, train } from "../tiny_task.ts";

await chooseBackend("cpu");

/** Steps that are U alone. */
const bare = { momentum: 0, trustRegion: 1e12, learningRate: 1 };
const stream = random(1, "kfac"), normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const eighths = (shape: number[]) => randomTensor(shape, () => Math.round(8 * stream.normal()) / 8);
const column = (values: number[]) => Matrix.columnVector(values);
const flat = (tree: Record<string, Tensor>) => Object.values(tree).flatMap((x) => [...x.dataSync()]);
const parameters = (carry: Carry) => flat(carry.params);

/** Σ over examples and classes of p(c) ∇log p(c) ∇log p(c)ᵀ, a mean over examples, from one gradient each. */
function exactFisher(
  { model, output }: Problem,
  params: Carry["params"],
  x: Tensor,
  classes: number,
): Matrix {
  const size = flat(params).length, fisher = Matrix.zeros(size, size), count = x.shape[0];
  for (let example = 0; example < count; example++) {
    for (let label = 0; label < classes; label++) {
      const batch = { inputs: { x: tf.slice(x, example, 1) }, targets: tf.tensor1d([label], "int32") };
      const { gradient, outputs } = layerPass({ model, output }, params, {}, batch, inference);
      const g = column(flat(gradient)), p = tf.softmax(outputs).dataSync()[label];
      fisher.add(g.mmul(g.transpose()).mul(p / count));
    }
  }
  return fisher;
}

/** F⁺ g. */
const naturalGradient = (fisher: Matrix, g: number[]): Matrix =>
  ofEigenvalues(fisher, (value) => value > 1e-5 ? 1 / value : 0).mmul(column(g));

async function update(model: Model, first: Batch, second: Batch, damping: number): Promise<Matrix> {
  const problem = { model, output: softmax() };
  const afterLooking = (step: Tensor) => tf.cast(tf.greater(step, 0), "float32"); // looks first, then takes one step
  const optimizer = kfac({ problem, ...bare, learningRate: afterLooking, damping, fisher: "empirical" });
  const task = { problem, batch: (step: number) => [first, second][step], metaBatch: () => first, dispose: () => {} };
  const carry = await start(optimizer, task), { params } = model.init(1);
  const zeros = Object.fromEntries(Object.entries(params).map(([name, w]) => [name, tf.zerosLike(w)]));
  const { carry: after, metrics } = train(optimizer, task, { ...carry, params: zeros }, { to: 2 });
  assertEquals([metrics.refused, metrics.inverseFailures], [0, 0]);
  const moved = column(parameters(after).map((w) => -w));
  disposeTree(after);
  disposeTree(params);
  return moved;
}

// at W = 0 every class has the same probability: F = mean(a aᵀ) ⊗ (diag(p) − p pᵀ), which labels that each input has once give
for (const [what, examples] of Object.entries({ "one example": 1, "twelve examples": 12 })) {
  for (const bias of ["none", "separate", "homogeneous"] as const) {
    Deno.test(`${what}, bias ${bias}: with little damping a step is the exact natural gradient's`, async () => {
      // of numbers that float32 multiplies exactly: rounding where F is 0 would be divided by the damping
      const classes = 4, model = linear(5, classes, { bias }), x = eighths([examples, 5]);
      const first = {
        inputs: { x: tf.tile(x, [classes, 1]) },
        targets: tf.tensor1d([0, 1, 2, 3].flatMap((label) => Array(examples).fill(label)), "int32"),
      };
      const second = {
        inputs: { x },
        targets: tf.tensor1d(Array.from({ length: examples }, (_, i) => i % 2), "int32"),
      };
      const moved = await update(model, first, second, 1e-7);
      tf.tidy(() => {
        const problem = { model, output: softmax() }, { params } = model.init(1);
        const zeros = Object.fromEntries(Object.entries(params).map(([name, w]) => [name, tf.zerosLike(w)]));
        const { gradient } = layerPass(problem, zeros, {}, second, inference);
        const expected = naturalGradient(exactFisher(problem, zeros, x, classes), flat(gradient));
        assertGreater(expected.norm(), 0.1);
        assertLess(relativeError(moved, expected), 1e-2);
        assertGreater(relativeError(column(flat(gradient)), expected), 0.3); // or there was nothing to precondition
      });
    });
  }
}

const hidden = (units: number) => dense({ units, activation: "tanh" });
const several: Record<string, Model> = {
  "bias separate": mlp([4, 6, 3], { activation: "tanh" }),
  "bias homogeneous": mlp([4, 6, 3], { activation: "tanh", bias: "homogeneous" }),
  "two kernels in one module": sequential([4], [residual(hidden(6), hidden(6)), dense({ units: 3 })]),
};

for (const [what, model] of Object.entries(several)) {
  Deno.test(`${what}: each map's step is (A + π√λ)⁻¹ G (B + √λ/π)⁻¹, in float64`, async () => {
    const damping = 0.03, task = clusters(3, { model });
    const optimizer = kfac({ problem: task.problem, ...bare, damping, fisher: "empirical" });
    const carry = await start(optimizer, task), before = numbers(carry.params);
    const matrixOf = (x: Tensor) => Matrix.from1DArray(x.shape[0], x.shape[1]!, [...x.dataSync()]);
    const expected: Record<string, number[]> = {};
    tf.tidy(() => {
      const { gradient, uses } = layerPass(task.problem, carry.params, {}, task.batch(0), inference);
      for (const map of weightMatrices(model)) {
        const factors = kroneckerFactors(map, uses[map.name], 16);
        const A = matrixOf(factors.A), B = matrixOf(factors.B);
        const pi = Math.sqrt(A.trace() / A.rows / (B.trace() / B.rows)), root = Math.sqrt(damping);
        const rows = [gradient[map.kernel], ...map.bias ? [tf.expandDims(gradient[map.bias])] : []];
        const G = matrixOf(tf.concat(rows));
        const U = ofEigenvalues(A, (value) => 1 / (value + pi * root)).mmul(G)
          .mmul(ofEigenvalues(B, (value) => 1 / (value + root / pi))).to1DArray();
        expected[map.kernel] = U.slice(0, gradient[map.kernel].size);
        if (map.bias) expected[map.bias] = U.slice(gradient[map.kernel].size);
      }
    });
    const { carry: after } = train(optimizer, task, carry, { to: 1 });
    for (const [name, w] of Object.entries(numbers(after.params))) {
      const moved = column(before[name].map((x, i) => x - w[i]));
      assertLess(relativeError(moved, column(expected[name])), 1e-4, name);
    }
    disposeTree(after);
    task.dispose();
  });
}

Deno.test("the sampled Fisher matrix comes to the exact one over many steps, the empirical one does not", async () => {
  const model = mlp([4, 6, 3], { activation: "tanh" }), task = clusters(4, { model, batches: 1, spread: 1.5 });
  const errors = async (fisher: "sampled" | "empirical", steps: number): Promise<number[]> => {
    const optimizer = kfac({ problem: task.problem, learningRate: 0, factorDecay: 0.995, statisticsEvery: 1, fisher });
    const { carry } = train(optimizer, task, await start(optimizer, task), { to: steps });
    const result = tf.tidy(() => {
      const { factors, weight } = carry.state.rule,
        { outputs } = layerPass(
          task.problem,
          carry.params,
          {},
          task.batch(0),
          inference,
        );
      return weightMatrices(model).map((map) => {
        const exact = [0, 1, 2].map((label) => { // δ of each class, weighed by √p
          const targets = tf.fill([16], label, "int32"), batch = { ...task.batch(0), targets };
          const { uses } = layerPass(task.problem, carry.params, {}, batch, inference);
          const p = tf.slice(tf.softmax(outputs), [0, label], [16, 1]);
          const weighed = uses[map.name].map(({ inputs, delta }) => ({ inputs, delta: tf.mul(delta, tf.sqrt(p)) }));
          return kroneckerFactors(map, weighed, 16);
        });
        const B = tf.addN(exact.map((factors) => factors.B)),
          ours = (side: "A" | "B") => tf.div(factors[side][map.name], weight);
        const apart = (x: Tensor, y: Tensor) => tf.div(tf.norm(tf.sub(x, y)), tf.norm(y)).dataSync()[0];
        assertLess(apart(ours("A"), exact[0].A), 1e-5);
        return apart(ours("B"), B);
      });
    });
    disposeTree(carry);
    return result;
  };
  const [few, many, empirical] = [
    await errors("sampled", 2),
    await errors("sampled", 600),
    await errors("empirical", 2),
  ];
  assert(many.every((error) => error < 0.05), `${many}`);
  assert(few.every((error, i) => error > 2 * many[i]), `${few}`);
  assert(empirical.every((error) => error > 0.2), `${empirical}`);
  task.dispose();
});

Deno.test("least squares: the sampled factor of the outputs comes to I, and a step to that of Gauss and Newton", async () => {
  const model = linear(3, 2), x = normal([40, 3]), targets = normal([40, 2]), batch = { inputs: { x }, targets };
  const problem = { model, output: gaussian() };
  const task = { problem, batch: () => batch, metaBatch: () => batch, dispose: () => {} };
  const schedule = (step: Tensor) => tf.cast(tf.greaterEqual(step, 400), "float32"); // looks first, then takes one step
  const optimizer = kfac({
    ...{ problem, ...bare, learningRate: schedule, damping: 1e-9 },
    ...{ factorDecay: 0.995, statisticsEvery: 1, inverseEvery: 400 },
  });
  const { carry } = train(optimizer, task, await start(optimizer, task), { to: 401 });
  const after = tf.tidy(() => flat(layerPass(problem, carry.params, {}, batch, inference).gradient));
  const { params } = model.init(1);
  const before = tf.tidy(() => flat(layerPass(problem, params, {}, batch, inference).gradient));
  assertLess(Math.hypot(...after), 0.05 * Math.hypot(...before)); // 0 but for the noise of B
  disposeTree(carry);
  disposeTree(params);
});
