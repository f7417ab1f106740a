/** Gradients of drawn targets: their covariance is the curvature of the FSD, in closed form for linear models. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { trainingMode } from "../../../../models/mode.ts";
import type { Model } from "../../../../models/model.ts";
import { drawnGradient } from "../../../../optimizers/amortizer/probes/drawn_gradient.ts";
import { categorical, independentBits, unitGaussian } from "../../../../proximal/likelihood.ts";
import { lossGradients } from "../../../../proximal/micro_batches.ts";
import type { Likelihood, Problem } from "../../../../proximal/problem.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { chanceOf, drawsOf } from "../../../../runtime/chance.ts";
import { BF16 } from "../../../../runtime/precision/format.ts";
import { computedIn, formatNow } from "../../../../runtime/precision/scope.ts";
import type { Tensor, Tensors, Tree } from "../../../../runtime/tensor.ts";

await chooseBackend("cpu");

const INPUTS = [[1, 0.5], [-0.3, 2], [0.7, -1], [0.2, 0.9]], WEIGHTS = [1, 0.5, 2, 0], DRAWS = 1000;
const ROWS = [INPUTS.length], SEQUENCES = [2, 2];

/** Of a batch: the shape of its examples, their weights, and how many of them a micro-batch has. */
interface Form {
  readonly leading: readonly number[];
  readonly weights?: readonly number[];
  readonly rows?: number;
}

/** A linear model with a loss that has nothing to do with what is drawn. */
function problemOf(microBatchSize?: number): Problem {
  const apply = ({ theta }: Tensors, buffers: Tree, { x }: { readonly x: Tensor }) => {
    const rows = tf.matMul(tf.reshape(x, [-1, 2]), theta as tf.Tensor2D);
    return { outputs: tf.reshape(rows, x.shape), buffers };
  };
  const output = { loss: (outputs: Tensor) => tf.sum(outputs) as Tensor, discrepancy: () => tf.scalar(0) };
  return { model: { apply } as unknown as Model, output, ...microBatchSize && { microBatchSize } };
}

/** The mean of ccᵀ over draws, c a gradient of the outputs xᵀΘ, Θ `[2, 2]`. */
function covariance(likelihood: Likelihood, theta: number[][], form: Form): number[][] {
  const { leading, weights, rows } = form;
  return tf.tidy(() => {
    const params = { theta: tf.tensor2d(theta) }, inputs = { x: tf.tensor(INPUTS.flat(), [...leading, 2]) };
    const w = weights && tf.tensor([...weights], [...leading]);
    const batch = { inputs, targets: tf.zeros([...leading]), ...w && { weights: w } };
    let sum = tf.zeros([4, 4]);
    for (let step = 0; step < DRAWS; step++) {
      sum = tf.tidy(() => {
        const chance = { seed: 3, step: tf.scalar(step, "int32") };
        const drawn = drawnGradient(likelihood, drawsOf(chance, "probe"));
        const { beside } = lossGradients(problemOf(rows), params, {}, batch, trainingMode(chance), drawn);
        const c = tf.reshape(beside!.theta, [4, 1]);
        return tf.add(sum, tf.matMul(c, c, false, true));
      });
    }
    return tf.div(sum, DRAWS).arraySync() as number[][];
  });
}

/** Σ w x xᵀ ⊗ H(x) / Σw, H the curvature in the outputs of one example. */
function curvature(h: (x: number[]) => number[][], weights: readonly number[]): number[][] {
  const total = weights.reduce((sum, w) => sum + w, 0), places = [0, 1, 2, 3];
  const entry = (i: number, j: number) =>
    INPUTS.reduce((sum, x, n) => sum + weights[n] * x[i >> 1] * x[j >> 1] * h(x)[i & 1][j & 1], 0) / total;
  return places.map((i) => places.map((j) => entry(i, j)));
}

const THETA = [[0.4, -0.2], [0.1, 0.8]];
const logitsOf = (x: number[]) => [0, 1].map((k) => x[0] * THETA[0][k] + x[1] * THETA[1][k]);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softmaxCurvature = (x: number[]) => {
  const [a, b] = logitsOf(x), p = sigmoid(a - b), v = p * (1 - p);
  return [[v, -v], [-v, v]];
};
const bitsCurvature = (x: number[]) => {
  const [a, b] = logitsOf(x).map(sigmoid);
  return [[a * (1 - a), 0], [0, b * (1 - b)]];
};
const identity = () => [[1, 0], [0, 1]];

for (
  const [name, likelihood, h, form] of [
    ["Gaussians", unitGaussian, identity, { leading: ROWS }],
    ["bits", independentBits, bitsCurvature, { leading: ROWS }],
    ["classes", categorical, softmaxCurvature, { leading: ROWS }],
    ["classes, in micro-batches", categorical, softmaxCurvature, { leading: ROWS, rows: 3 }],
    ["classes, with weights", categorical, softmaxCurvature, { leading: ROWS, weights: WEIGHTS }],
    ["bits, with weights, in micro-batches", independentBits, bitsCurvature, {
      ...{ leading: ROWS, weights: WEIGHTS, rows: 2 },
    }],
    ["classes, with weights of the positions of sequences", categorical, softmaxCurvature, {
      ...{ leading: SEQUENCES, weights: WEIGHTS },
    }],
    ["bits, with weights of the positions of sequences", independentBits, bitsCurvature, {
      ...{ leading: SEQUENCES, weights: WEIGHTS },
    }],
  ] as const
) {
  Deno.test(`drawnGradient of ${name}: its covariance is the FSD's curvature`, () => {
    const seen = covariance(likelihood, THETA, form), { weights = INPUTS.map(() => 1) } = form as Form;
    const exact = curvature(h, weights), scale = Math.max(...exact.flat());
    seen.forEach((row, i) => row.forEach((x, j) => assertAlmostEquals(x / scale, exact[i][j] / scale, 0.15)));
  });
}

Deno.test("drawnGradient: the loss and its gradient are as without it, and nothing leaks", () => {
  const before = tf.memory().numTensors;
  const [alone, together] = [undefined, drawnGradient(categorical, drawsOf(chanceOf(1, 0), "probe"))].map(
    (beside) =>
      tf.tidy(() => {
        const params = { theta: tf.tensor2d(THETA) }, inputs = { x: tf.tensor2d(INPUTS) };
        const mode = trainingMode(chanceOf(1, 0)), batch = { inputs, targets: tf.zeros(ROWS) };
        const { loss, gradients } = lossGradients(problemOf(), params, {}, batch, mode, beside);
        return [...loss.dataSync(), ...gradients.theta.dataSync()];
      }),
  );
  assertEquals(together, alone);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("drawnGradient in micro-batches is that of the whole batch, also where one of them counts nothing", () => {
  const weights = [0, 0, 2, 0.5], mode = trainingMode(chanceOf(1, 0));
  // a mean of nothing is NaN here, as one of a user's own may be
  const loss: Likelihood["loss"] = (outputs, targets, w) => {
    const terms = tf.sum(tf.square(tf.sub(outputs, targets)), -1);
    return tf.div(tf.sum(tf.mul(terms, w!)), tf.sum(w!));
  };
  const [whole, parts] = [undefined, 2].map((rows) =>
    tf.tidy(() => {
      const params = { theta: tf.tensor2d(THETA) }, inputs = { x: tf.tensor2d(INPUTS) };
      const batch = { inputs, targets: tf.zeros(ROWS), weights: tf.tensor1d(weights) };
      const drawn = drawnGradient({ ...unitGaussian, loss }, drawsOf(chanceOf(1, 0), "probe"));
      const { beside } = lossGradients(problemOf(rows), params, {}, batch, mode, drawn);
      return [...beside!.theta.dataSync()];
    })
  );
  whole.forEach((x, i) => assertAlmostEquals(parts[i], x, 1e-5));
  assert(whole.every((x) => Math.abs(x) > 1e-3));
});

Deno.test("drawnGradient: targets are drawn in float32, whatever the passes are computed in", () => {
  const formats: unknown[] = [];
  const sample: Likelihood["sample"] = (outputs, draws) => {
    formats.push(formatNow());
    return unitGaussian.sample(outputs, draws);
  };
  tf.tidy(() => {
    const params = { theta: tf.tensor2d(THETA) },
      batch = { inputs: { x: tf.tensor2d(INPUTS) }, targets: tf.zeros(ROWS) };
    const drawn = drawnGradient({ ...unitGaussian, sample }, drawsOf(chanceOf(1, 0), "probe"));
    computedIn({ results: { passes: BF16 } }, "passes", () => {
      assertEquals(formatNow(), BF16);
      lossGradients(problemOf(), params, {}, batch, trainingMode(chanceOf(1, 0)), drawn);
    });
  });
  assertEquals(formats, [undefined]);
});
