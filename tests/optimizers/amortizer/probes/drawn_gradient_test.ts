/** Gradients of drawn targets: their covariance is the curvature of the FSD, in closed form for linear models. */
import { assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { drawnGradient } from "../../../../optimizers/amortizer/probes/drawn_gradient.ts";
import { categorical, independentBits, unitGaussian } from "../../../../proximal/likelihood.ts";
import type { Likelihood } from "../../../../proximal/problem.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { drawsOf } from "../../../../runtime/chance.ts";
import type { Tensor, Tensors } from "../../../../runtime/tensor.ts";

await chooseBackend("cpu");

const INPUTS = [[1, 0.5], [-0.3, 2], [0.7, -1], [0.2, 0.9]], WEIGHTS = [1, 0.5, 2, 0], DRAWS = 1000;
const ROWS = [INPUTS.length], SEQUENCES = [2, 2];

/** The mean of ccᵀ over draws, c a gradient of the outputs xᵀΘ, Θ `[2, 2]`. */
function covariance(likelihood: Likelihood, theta: number[][], leading: number[], weights?: number[]): number[][] {
  return tf.tidy(() => {
    const x = tf.tensor2d(INPUTS), params = { theta: tf.tensor2d(theta) };
    const outputs = ({ theta }: Tensors): Tensor => tf.reshape(tf.matMul(x, theta as tf.Tensor2D), [...leading, 2]);
    const w = weights && tf.tensor(weights, leading);
    let sum = tf.zeros([4, 4]);
    for (let step = 0; step < DRAWS; step++) {
      sum = tf.tidy(() => {
        const draws = drawsOf({ seed: 3, step: tf.scalar(step, "int32") }, "probe");
        const c = tf.reshape(drawnGradient(outputs, params, { weights: w, likelihood, draws }).theta, [
          4,
          1,
        ]);
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
  const [name, likelihood, h, leading, weights] of [
    ["Gaussians", unitGaussian, identity, ROWS, undefined],
    ["bits", independentBits, bitsCurvature, ROWS, undefined],
    ["classes", categorical, softmaxCurvature, ROWS, undefined],
    ["classes, with weights", categorical, softmaxCurvature, ROWS, WEIGHTS],
    ["classes, with weights of the positions of sequences", categorical, softmaxCurvature, SEQUENCES, WEIGHTS],
    ["bits, with weights of the positions of sequences", independentBits, bitsCurvature, SEQUENCES, WEIGHTS],
  ] as const
) {
  Deno.test(`drawnGradient of ${name}: its covariance is the FSD's curvature`, () => {
    const seen = covariance(likelihood, THETA, [...leading], weights && [...weights]);
    const exact = curvature(h, weights ?? INPUTS.map(() => 1)), scale = Math.max(...exact.flat());
    seen.forEach((row, i) => row.forEach((x, j) => assertAlmostEquals(x / scale, exact[i][j] / scale, 0.15)));
  });
}
