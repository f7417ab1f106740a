/** APO by probes: where it ends is the theorem's preconditioner. */
import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, inverse, Matrix } from "ml-matrix";
import { gaussian } from "../../../../proximal/output.ts";
import { mlp } from "../../../../models/networks/networks.ts";
import type { Carry } from "../../../../optimizers/optimizer.ts";
import { amortizeByProbes, type ProbesOptions } from "../../../../optimizers/amortizer/probes/amortize_by_probes.ts";
import type { Batch, Output, Problem } from "../../../../proximal/problem.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { UserError } from "../../../../runtime/errors.ts";
import { random } from "../../../../runtime/random.ts";
import { rows } from "../../../../data/rows.ts";

await chooseBackend("cpu");

/** A linear regression, whose FSD is ½ (u − θ)ᵀ G (u − θ) with G = x̄x̄ᵀ ⊗ I. */
function regression() {
  const stream = random(5, "inputs"), scales = [3, 1, 0.3];
  const inputs = Array.from({ length: 64 }, () => {
    const shared = stream.normal();
    return scales.map((scale) => scale * (stream.normal() + 0.5 * shared));
  });
  const targets = inputs.map(([a, b, c]) => [a - b, c]);
  const problem: Problem = { model: mlp([3, 2]), output: gaussian() };
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

Deno.test("amortizeByProbes: with few examples in a batch P comes to rest at the same place", () => {
  const { problem, inputs, data } = regression(), damping = 0.1, size = 8, stream = random(1, "batches");
  const optimizer = amortizeByProbes({ problem, learningRate: 0, every: 1, damping, metaRate: 0.05 });
  const { params, buffers } = problem.model.init(0),
    some = () => Array.from({ length: size }, () => stream.integer(64));
  const homogeneous = new Matrix(inputs.map((row) => [...row, 1]));
  const damped = Matrix.add(homogeneous.transpose().mmul(homogeneous).div(64), Matrix.eye(4).mul(damping));
  let carry: Carry = optimizer.init(params, buffers), sum = 0, count = 0;
  for (let step = 0; step < 1500; step++) {
    const batches = { batch: data.batch(some()), metaBatch: () => data.batch(some()) };
    const result = tf.tidy(() => optimizer.step(carry as never, batches, { step, seed: 0 }));
    tf.dispose([result.metrics, batches.batch.inputs.x, batches.batch.targets]);
    carry = result.carry as unknown as Carry;
    if (step < 500) continue;
    const { rule } = carry.state as unknown as { rule: { metric: Record<string, tf.Tensor> } };
    const [a, b] = Object.values(rule.metric).map((x) => new Matrix(x.arraySync() as number[][]));
    sum += damped.mmul(a).trace() / 4 * b.trace() / 2;
    count++;
  }
  // 1 for the theorem's P; with targets drawn on B′ itself, whose G the FSD has, it would be near 1/√(1 + 5/8) = 0.78
  assertAlmostEquals(sum / count, 1, 0.1);
});

for (
  const [what, change] of [
    ["an output without a likelihood", { likelihood: undefined }],
    ["weights that are whole numbers", { weights: tf.tensor1d([1, 0, 2, 1], "int32") }],
    ["weights that are all 0", { weights: tf.zeros([4]) }],
  ] as const
) {
  Deno.test(`amortizeByProbes: ${what}`, () => {
    const { problem, data } = regression(), { likelihood } = problem.output;
    const { weights, ...output }: Partial<Batch & Output> = { likelihood, ...change };
    const optimizer = amortizeByProbes({ problem: { ...problem, output: { ...problem.output, ...output } } });
    const { params, buffers } = problem.model.init(0), batch = () => ({ ...data.batch([0, 1, 2, 3]), weights });
    const { carry, metrics } = optimizer.step(optimizer.init(params, buffers), { batch: batch(), metaBatch: batch }, {
      step: 0,
      seed: 0,
    });
    assertEquals(metrics.metaSkipped.dataSync()[0], 0);
    const { rule } = carry.state as unknown as { rule: { phi: Record<string, tf.Tensor> } };
    const [a] = Object.values(rule.phi);
    assertLess(0.01, tf.norm(tf.sub(a, tf.eye(4))).dataSync()[0], "the probe has moved φ");
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
