/** A vocabulary's side has no square factor, whatever the method, and what stands in its place is the right diagonal. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  type Batch,
  conv2d,
  dampedFactors,
  dense,
  type Direction,
  globalAveragePool,
  gradient,
  kfac,
  kfacStructured,
  kroneckerFactors,
  layerPass,
  type Leaf,
  mlp,
  oversized,
  plain,
  sequential,
  shampoo,
  soap,
  softmax,
  type Tensor,
  trainingMode,
  transformer,
  weightMatrices,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { disposeTree, flatten } from "../../runtime/tree.ts";
import { twoSided } from "../../runtime/two_sided.ts";
import { matrix, normal, ofEigenvalues, relativeError } from "../runtime/linear_algebra/matrices.ts";
import { type MakeOptimizer, optimizers } from "./every_optimizer.ts";
import { start, type Task, train } from "./tiny_task.ts";

await chooseBackend("wasm");

const VOCABULARY = 2100, WIDTH = 16;

/** Ten sequences of five random tokens that become others; sources are longer. */
function translation(tied: "decoder" | "none"): Task {
  const model = transformer({ vocabulary: VOCABULARY, width: WIDTH, heads: 2, hidden: 16, layers: 1, tied });
  const stream = random(4, "vocabulary");
  const tokens = (time: number) =>
    tf.tidy(() => tf.cast(randomTensor([10, time], () => 1 + stream.integer(VOCABULARY - 1)), "int32"));
  const batch: Batch = {
    inputs: { source: tokens(7), target: tokens(5) },
    targets: tokens(5),
    weights: tf.ones([10, 5]),
  };
  return {
    problem: { model, output: softmax({ labelSmoothing: 0.1 }) },
    batch: () => batch,
    metaBatch: () => batch,
    dispose: () => disposeTree({ ...batch.inputs, targets: batch.targets, weights: batch.weights! }),
  };
}

const ofTheTable = [
  "kfac(sampled)",
  "amortizeByProbes",
  "fixedRate(muon)",
  "fixedRate(shampoo, momentum)",
  "fixedRate(soap)",
];
const kinds: Readonly<Record<string, MakeOptimizer>> = {
  ...Object.fromEntries(ofTheTable.map((name) => [name, optimizers[name]])),
  "amortize(kfacStructured)": (problem) =>
    amortize({
      ...{ problem, direction: gradient(), parameterization: kfacStructured() },
      regime: plain({ lambdaFsd: 10 }),
    }),
};
for (const tied of ["none", "decoder"] as const) {
  for (const [kind, make] of Object.entries(kinds)) {
    Deno.test(`${kind} with ${VOCABULARY} words, tied: ${tied}: no factor is V × V, and it learns`, async () => {
      const task = translation(tied), optimizer = make(task.problem);
      const { carry, losses } = train(optimizer, task, await start(optimizer, task), { to: 3 });
      const largest = Math.max(...Object.values(flatten(carry.state)).map(({ size }) => size));
      assertLess(largest, 128 * VOCABULARY); // apo-kfac's blocks of 112, 225,792 in all
      assertLess(losses[2], losses[0] - 0.005, `${losses}`);
      disposeTree(carry);
      task.dispose();
    });
  }
}

const table = (shape: readonly number[]): Leaf => ({ shape, role: "embedding" });

Deno.test("oversized: more than 2,048 and 8 times the other side, of outputs and of a table's entries", () => {
  assertEquals(oversized([128, 4000]), [false, true]);
  assertEquals(oversized([4000, 128], table([4000, 128])), [true, false]);
  for (const shape of [[4000, 10], [10, 2048], [300, 2400], [3, 3, 384, 256], [3, 3, 2, 4000], [4000]]) {
    assertEquals(oversized(shape), [false, false], `${shape}`);
  }
  for (const shape of [[2048, 10], [10, 4000]]) assertEquals(oversized(shape, table(shape)), [false, false]);
});

const dataOf = (x: Tensor): number[] => [...x.dataSync()];

function assertNear(actual: Tensor, expected: Tensor, tolerance = 1e-5): void {
  assertEquals(actual.shape, expected.shape);
  const wanted = dataOf(expected), size = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  dataOf(actual).forEach((x, i) => assert(Math.abs(x - wanted[i]) <= tolerance * size, `${i}: ${x}, not ${wanted[i]}`));
}

Deno.test("KFAC: the factor of an oversized side is the diagonal of Σ w x xᵀ, its inverse the damped diagonal's", () => {
  tf.tidy(() => {
    const stream = random(5, "diagonal"), weights = tf.tensor1d([1, 0, 0.5]);
    for (const [inputs, outputs] of [[3, 2100], [5, 3]]) {
      const model = mlp([inputs, outputs]), [map] = weightMatrices(model), { params, buffers } = model.init(1);
      const x = randomTensor([3, inputs], () => stream.normal());
      const batch = { inputs: { x }, targets: tf.tensor1d([0, 2, 1], "int32"), weights };
      const problem = { model, output: softmax() };
      const { uses } = layerPass(problem, params, buffers, batch, trainingMode(chanceOf(1, 0)));
      const { A, B } = kroneckerFactors(map, uses.dense1, 3, weights), [{ delta }] = uses.dense1;
      const share = tf.tensor2d([[1 / 1.5], [0], [0.5 / 1.5]]), own = tf.divNoNan(delta, share);
      const extended = tf.concat([x, tf.ones([3, 1])], 1);
      const second = (rows: Tensor): Tensor => tf.matMul(tf.mul(rows, share), rows, true);
      const diagonal = (m: Tensor): Tensor => tf.sum(tf.mul(m, tf.eye(m.shape[0])), 1);
      assertNear(A, second(extended));
      assertNear(B, outputs > 2048 ? diagonal(second(own)) : second(own));
      const square = (m: Tensor): Tensor => m.rank === 1 ? tf.mul(tf.eye(m.shape[0]), m) : m;
      const damped = dampedFactors(A, B, 0.1), whole = dampedFactors(square(A), square(B), 0.1);
      assertNear(square(damped.A), whole.A);
      assertNear(square(damped.B), whole.B);
      const g = { body: params[map.kernel], last: params[map.bias!] };
      const between = twoSided(A, g, B), expected = twoSided(square(A), g, square(B));
      assertNear(between.body, expected.body);
      assertNear(between.last!, expected.last!);
    }
  });
});

/** The directions of gradients of one kernel, one after another. */
function directions(of: Direction, gradients: readonly Matrix[]): Matrix[] {
  const values = tf.tidy(() => {
    const as = (m: Matrix) => ({ w: tf.tensor2d(m.to2DArray()) as Tensor });
    let state = of.init(as(gradients[0]));
    return gradients.map((g, step) => {
      const next = of.next(as(g), state, as(g), { step, seed: 0 });
      state = next.state;
      return dataOf(next.direction.w);
    });
  });
  return gradients.map(({ rows, columns }, i) => Matrix.from1DArray(rows, columns, values[i]));
}

const ROWS = 2100, COLUMNS = 4, EPSILON = 0.01;
const stream = random(6, "gradients");
const tall = Array.from({ length: 4 }, () => normal(ROWS, COLUMNS, stream).mulRowVector([4, 2, 1, 0.5]));
const flipped = (matrices: readonly Matrix[]) => matrices.map((m) => matrix(m.columns, m.rows, (i, j) => m.get(j, i)));

Deno.test("Shampoo: L of an oversized side is diagonal, ε + Σ of the rows' squares", () => {
  const L = Array<number>(ROWS).fill(EPSILON), R = Matrix.eye(COLUMNS).mul(EPSILON);
  const expected = tall.map((g) => {
    L.forEach((_, i) => L[i] += g.getRow(i).reduce((sum, x) => sum + x * x, 0));
    R.add(g.transpose().mmul(g));
    return g.clone().mulColumnVector(L.map((l) => l ** -0.25)).mmul(ofEigenvalues(R, (r) => r ** -0.25));
  });
  const leaves = { w: table([ROWS, COLUMNS]) };
  const ours = directions(shampoo({ epsilon: EPSILON, leaves }) as unknown as Direction, tall);
  ours.forEach((d, i) => assertLess(relativeError(d, expected[i]), 1e-5));
  const other = flipped(directions(shampoo({ epsilon: EPSILON }) as unknown as Direction, flipped(tall)));
  other.forEach((d, i) => assertLess(relativeError(d, expected[i]), 1e-5));
});

Deno.test("SOAP: in the basis of the other side alone it is Adam", () => {
  const { eigenvectorMatrix: Q } = new EigenvalueDecomposition(tall[0].transpose().mmul(tall[0]));
  const mean = Matrix.zeros(ROWS, COLUMNS), square = Matrix.zeros(ROWS, COLUMNS);
  const expected = tall.slice(1).map((g, n) => {
    mean.mul(0.95).add(g.clone().mul(0.05));
    square.mul(0.95).add(g.mmul(Q).pow(2).mul(0.05));
    const correction = 1 - 0.95 ** (n + 1), turned = mean.mmul(Q).div(correction);
    return turned.div(square.clone().div(correction).sqrt()).mmul(Q.transpose());
  });
  const leaves = { w: table([ROWS, COLUMNS]) };
  const ours = directions(soap({ leaves }) as unknown as Direction, tall).slice(1);
  const other = flipped(directions(soap() as unknown as Direction, flipped(tall))).slice(1);
  ours.forEach((d, i) => assertLess(relativeError(d, expected[i]), 2e-4));
  other.forEach((d, i) => assertLess(relativeError(d, expected[i]), 2e-4));
});

Deno.test("a convolution keeps the factors of its large windows", () => {
  const model = sequential([3, 3, 130], [
    conv2d({ filters: 2, window: 3, padding: "valid" }),
    globalAveragePool(),
    dense({ units: 2 }),
  ]);
  const { params, buffers } = model.init(1),
    { state } = kfac({ problem: { model, output: softmax() } }).init(params, buffers);
  assertEquals(state.rule.factors.A.conv1.shape, [1171, 1171]);
});
