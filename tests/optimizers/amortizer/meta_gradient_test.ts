/** ∇_φ Q of every discrepancy × parameterization against central differences. */
import { assert, assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  bernoulli,
  bregman,
  conv2d,
  crossEntropy,
  dense,
  flatten,
  gaussian,
  halfSquare,
  logPartition,
  metaObjective,
  mlp,
  type Problem,
  reshape,
  sequential,
  softmax,
  squaredError,
  type Tensor,
  type Tensors,
  trainingMode,
} from "../../../mod.ts";
import { pullback } from "../../../optimizers/parameterizations/pullback.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { chanceOf } from "../../../runtime/chance.ts";
import { type Random, random, randomTensor } from "../../../runtime/random.ts";
import { innerProduct, mapTensors } from "../../../runtime/tree.ts";
import { parameterizations, perturbed } from "../every_parameterization.ts";

await chooseBackend("cpu"); // sums in float64: differences of float32 sums would be too noisy

const BATCH = 6, INPUTS = 5, OUTPUTS = 3;
const network = mlp([INPUTS, 4, OUTPUTS], { activation: "tanh" });
const problems: Readonly<Record<string, Problem>> = {
  kl: { model: network, output: softmax() },
  bernoulli: { model: network, output: bernoulli() },
  squaredError: {
    model: mlp([INPUTS, 4, OUTPUTS], { activation: "sigmoid", bias: "homogeneous" }),
    output: gaussian(),
  },
  "bregman(logPartition)": { model: network, output: { loss: crossEntropy, discrepancy: bregman(logPartition) } },
  "bregman(halfSquare)": { model: network, output: { loss: squaredError, discrepancy: bregman(halfSquare) } },
  "kl, convolution": {
    model: sequential([INPUTS], [
      reshape([INPUTS, 1, 1]),
      conv2d({ filters: 2, window: [3, 1], activation: "tanh" }),
      flatten(),
      dense({ units: OUTPUTS }),
    ]),
    output: softmax(),
  },
};

/** A point with d, random but for the seed. */
function pointOf(problem: Problem, stream: Random) {
  const normal = (shape: readonly number[]) => randomTensor([...shape], () => stream.normal());
  const batch = () => ({
    inputs: { x: normal([BATCH, INPUTS]) },
    targets: tf.softmax(normal([BATCH, OUTPUTS])), // serves every loss
  });
  const { params } = problem.model.init(2);
  const direction = mapTensors(params, (x) => normal(x.shape));
  return { params, buffers: {}, direction, batch: batch(), metaBatch: batch(), mode: trainingMode(chanceOf(1, 3)) };
}

for (const [discrepancy, problem] of Object.entries(problems)) {
  for (const [name, parameterizationOf] of Object.entries(parameterizations)) {
    Deno.test(`∇_φ Q by differences: ${discrepancy} × ${name}`, () => {
      tf.tidy(() => {
        const stream = random(7, `${discrepancy} ${name}`),
          parameterization = parameterizationOf({ learningRate: 0.3 });
        const point = pointOf(problem, stream);
        const phi = perturbed(parameterization, point.params, problem.model.leaves, stream);
        const setting = { problem, parameterization, lambdas: { lambdaFsd: 1.5, lambdaWsd: 0.1 } };
        const { gradients, pullback } = metaObjective(setting, phi, point);
        const gradient = pullback(gradients.total);
        const q = (at: Tensors) => tf.tidy(() => metaObjective(setting, at, point).parts.total.dataSync()[0]);
        for (let trial = 0; trial < 3; trial++) {
          const along = mapTensors(phi, (x) => randomTensor(x.shape, () => stream.normal()));
          const slope = innerProduct(gradient, along).dataSync()[0];
          const moved = (t: number) => q(mapTensors(phi, (x, key) => tf.add(x, tf.mul(along[key], t))));
          // Richardson's extrapolation leaves O(h⁴); rounding is about 1e-6 Q / h
          const difference = (h: number) => (moved(h) - moved(-h)) / (2 * h);
          const h = 4e-3, expected = (4 * difference(h) - difference(2 * h)) / 3;
          assertAlmostEquals(
            slope,
            expected,
            5e-3 * (0.2 + Math.abs(expected)),
            `${slope}, by differences ${expected}`,
          );
        }
      });
    });
  }
}

for (const [name, parameterizationOf] of Object.entries(parameterizations)) {
  const parameterization = parameterizationOf();
  if (!parameterization.pullback) continue;
  Deno.test(`${name}: the closed form of ∇_φ ⟨c, P d⟩ is the derivative of precondition`, () => {
    tf.tidy(() => {
      const stream = random(3, name), { params, direction } = pointOf(problems.kl, stream);
      const cotangent = mapTensors(params, (x) => randomTensor(x.shape, () => stream.normal()));
      const phi = perturbed(parameterization, params, network.leaves, stream);
      const closed = pullback(parameterization, phi, direction, cotangent);
      const differentiated = pullback({ ...parameterization, pullback: undefined }, phi, direction, cotangent);
      for (const key of Object.keys(phi)) {
        const error: Tensor = tf.max(tf.abs(tf.sub(closed[key], differentiated[key])));
        assert(error.dataSync()[0] <= 1e-5 * (1 + tf.max(tf.abs(closed[key])).dataSync()[0]), key);
      }
    });
  });
}

Deno.test("metaObjective: u = θ − P d, and θ and d are constants", () => {
  tf.tidy(() => {
    const stream = random(4, "lookahead"), problem = problems.kl, point = pointOf(problem, stream);
    const parameterization = parameterizations.scalarRate({ learningRate: 0.5 });
    const phi = parameterization.init(point.params, network.leaves);
    const setting = { problem, parameterization, lambdas: { lambdaFsd: 1, lambdaWsd: 0 } };
    const { lookahead } = metaObjective(setting, phi, point);
    for (const key of Object.keys(point.params)) {
      const expected = tf.sub(point.params[key], tf.mul(point.direction[key], 0.5)).dataSync();
      lookahead[key].dataSync().forEach((x, i) => assertAlmostEquals(x, expected[i], 1e-6));
    }
  });
});
