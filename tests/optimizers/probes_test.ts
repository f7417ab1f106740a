/** APO by probes: where it ends is the theorem's preconditioner, and its parts are what they say. */
import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, inverse, Matrix } from "ml-matrix";
import { mlp } from "../../models/networks.ts";
import { amortizeByProbes, type ProbesOptions } from "../../optimizers/probes/amortize_by_probes.ts";
import { kroneckerRoot } from "../../optimizers/probes/kronecker_root.ts";
import { relativeMove } from "../../optimizers/probes/relative_move.ts";
import { drawSigns, signs, type SignsForm } from "../../optimizers/probes/signs.ts";
import type { Carry } from "../../optimizers/optimizer.ts";
import type { Problem } from "../../proximal/problem.ts";
import { squaredError } from "../../proximal/squared_error.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { type Random, random } from "../../runtime/random.ts";
import { rows } from "../../tasks/data/rows.ts";

await chooseBackend("cpu");

const drawn = (form: SignsForm, stream: Random) => signs(drawSigns(form, stream)).body;

Deno.test("signs: ±1, rows of a block orthogonal where the columns are a power of two", async () => {
  const z = drawn({ rows: 24, columns: 16, block: 12 }, random(1, "test")), values = await z.data();
  assert(values.every((x) => Math.abs(x) === 1));
  for (const start of [0, 12]) {
    const block = tf.slice(z, [start, 0], [12, 16]);
    assertEquals(await tf.matMul(block, block, false, true).array(), await tf.mul(tf.eye(12), 16).array());
  }
});

Deno.test("signs: every entry and every product of two is as often 1 as −1", async () => {
  const stream = random(2, "test"), draws = 2000;
  const outer = tf.tidy(() => {
    const samples = Array.from(
      { length: draws },
      () => tf.reshape(drawn({ rows: 3, columns: 5, block: 2 }, stream), [1, 15]),
    );
    const all = tf.concat(samples);
    return tf.concat([tf.div(tf.matMul(all, all, true), draws), tf.mean(all, 0, true)]);
  });
  const values = await outer.array() as number[][];
  for (const [i, row] of values.entries()) {
    row.forEach((x, j) => assertAlmostEquals(x, i === j ? 1 : 0, 5 / Math.sqrt(draws)));
  }
});

Deno.test("relativeMove: F (I − μX), X cut at norm 1", async () => {
  const factor = tf.tensor2d([[2, 1], [0, 3]]), slope = tf.tensor2d([[0.5, 0], [0, -0.2]]);
  const small = await relativeMove(factor, slope, 0.1).array() as number[][];
  [[1.9, 1.02], [0, 3.06]].forEach((row, i) => row.forEach((x, j) => assertAlmostEquals(small[i][j], x, 1e-6)));
  const large = await relativeMove(tf.eye(2), tf.tensor2d([[100, 0], [0, 1]]), 0.1).array() as number[][];
  assertAlmostEquals(large[0][0], 0.9, 1e-4); // not 1 − 0.1 · 100
  assertAlmostEquals(large[1][1], 0.999, 1e-4);
});

Deno.test("kroneckerRoot: whitened is unwhitened's transpose, the metric their product", async () => {
  const model = mlp([5, 4, 3]), root = kroneckerRoot(model.leaves, 3), stream = random(3, "test");
  const probe = () => root.probe(root.draw(stream));
  let phi = root.init(); // moved about, also where the last of two blocks reaches beyond the matrix
  for (let i = 0; i < 4; i++) phi = root.moved(phi, probe(), probe(), 0.4);
  const z = probe(), { params } = model.init(4);
  const inner = (a: Record<string, tf.Tensor>, b: Record<string, tf.Tensor>) =>
    Object.keys(a).reduce((sum, name) => sum + tf.sum(tf.mul(a[name], b[name])).dataSync()[0], 0);
  assertAlmostEquals(inner(root.unwhitened(phi, z), params), inner(z, root.whitened(phi, params)), 1e-4);
  const twice = root.unwhitened(phi, root.whitened(phi, params));
  const once = root.preconditioned(root.metric(phi), params);
  assertEquals(Object.keys(once), Object.keys(params));
  for (const [name, x] of Object.entries(once)) {
    assertLess((await tf.max(tf.abs(tf.sub(x, twice[name]))).data())[0], 1e-4, name);
  }
});

/** A linear regression, whose FSD is ½ (u − θ)ᵀ G (u − θ) with G = x̄x̄ᵀ ⊗ I. */
function regression() {
  const stream = random(5, "inputs"), scales = [3, 1, 0.3];
  const inputs = Array.from({ length: 64 }, () => {
    const shared = stream.normal();
    return scales.map((scale) => scale * (stream.normal() + 0.5 * shared));
  });
  const targets = inputs.map(([a, b, c]) => [a - b, c]);
  const problem: Problem = { model: mlp([3, 2]), loss: squaredError, discrepancy: squaredError };
  return { problem, inputs, data: rows({ inputs, targets }) };
}

/** Steps that leave θ alone, so that P comes to rest. */
function learned(options: Partial<ProbesOptions>, steps: number) {
  const { problem, inputs, data } = regression();
  const optimizer = amortizeByProbes({ problem, learningRate: 0, every: 1, ...options });
  const { params, buffers } = problem.model.init(0);
  let carry: Carry = optimizer.init(params, buffers);
  const batch = () => data.batch(Array.from({ length: data.size }, (_, i) => i));
  for (let step = 0; step < steps; step++) {
    const result = tf.tidy(() =>
      optimizer.step(carry as never, { batch: batch(), metaBatch: batch }, { step, seed: 0 })
    );
    tf.dispose(result.metrics);
    carry = result.carry as unknown as Carry;
  }
  const state = carry.state as unknown as { rule: { phi: Record<string, tf.Tensor> } };
  return { phi: state.rule.phi, inputs };
}

for (const damping of [0.03, 1]) {
  Deno.test(`amortizeByProbes: P comes to rest at (G + ${damping} I)⁻¹`, () => {
    const { phi, inputs } = learned({ damping, metaRate: 0.05 }, 600);
    const [a, b] = Object.entries(phi).map(([, x]) => new Matrix(x.arraySync() as number[][]));
    const homogeneous = new Matrix(inputs.map((row) => [...row, 1]));
    const curvature = homogeneous.transpose().mmul(homogeneous).div(inputs.length);
    const metricB = b.mmul(b.transpose()); // a multiple of I, as both outputs see the same inputs
    assertAlmostEquals(metricB.get(0, 1) / metricB.get(0, 0), 0, 0.02);
    const p = a.mmul(a.transpose()).mul(metricB.get(0, 0));
    const exact = inverse(Matrix.add(curvature, Matrix.eye(4).mul(damping)));
    const ratio = inverse(exact).mmul(p), values = new EigenvalueDecomposition(ratio).realEigenvalues;
    for (const value of values) assertAlmostEquals(value, 1, 0.05);
  });
}

Deno.test("amortizeByProbes: with gᵀPg beyond κ a step is as long as the trust region lets it be", () => {
  const { problem, data } = regression(), trustRegion = 1e-4;
  const optimizer = amortizeByProbes({ problem, trustRegion, every: 1000 });
  const { params, buffers } = problem.model.init(0), before = { ...params };
  const kept = Object.fromEntries(Object.entries(before).map(([name, x]) => [name, x.clone()]));
  const batch = () => data.batch([0, 1, 2, 3]);
  const { carry, metrics } = optimizer.step(optimizer.init(params, buffers), { batch: batch(), metaBatch: batch }, {
    step: 1,
    seed: 0,
  });
  // P = I here: ‖θ′ − θ‖² = ν² gᵀg = κ
  const moved = Object.keys(kept).reduce(
    (sum, name) => sum + tf.sum(tf.square(tf.sub(carry.params[name], kept[name]))).dataSync()[0],
    0,
  );
  assertAlmostEquals(moved, trustRegion, 1e-8);
  assertLess(metrics.learningRate.dataSync()[0], 1);
});

Deno.test("amortizeByProbes: options that cannot be", () => {
  const { problem } = regression();
  for (const bad of [{ metaRate: 1 }, { damping: 0 }, { trustRegion: NaN }, { blockSize: 1.5 }, { every: 0 }]) {
    assertThrows(() => amortizeByProbes({ problem, ...bad }), UserError, Object.keys(bad)[0]);
  }
});
