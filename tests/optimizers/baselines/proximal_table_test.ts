/** The table of docs/theory.md, row by row: the minimum of what a row puts in the place of the proximal objective is that optimizer's step. */
import { assert } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Matrix, solve } from "ml-matrix";
import {
  type Batch,
  bernoulli,
  bregman,
  type Curvature,
  dampedFactors,
  dampedNewton,
  fixedRate,
  gaussian,
  gaussNewton,
  gradient,
  hessian,
  inference,
  kfac,
  kroneckerFactors,
  layerPass,
  linear,
  mirrorDescent,
  mlp,
  naturalGradient,
  type Optimizer,
  type Output,
  positiveEntropy,
  type Problem,
  proximalPoint,
  rosenbrockModel,
  softmax,
  squaredError,
  type Tensor,
  type Tensors,
  weightMatrices,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { mapTensors } from "../../../runtime/tree.ts";
import { identityModel } from "../contract_models.ts";

await chooseBackend("cpu");

/** A problem at a point. */
interface Point {
  readonly problem: Problem;
  readonly params: Tensors;
  readonly batch: Batch;
  readonly metaBatch: Batch;
}

const stream = random(3, "table");
const normal = (shape: number[]) => randomTensor(shape, () => stream.normal());

/** By name: a softmax classifier, a Bernoulli one and a regression, each with an independent B′. */
const networks: Record<string, () => Point> = {
  "kl": () => network(softmax(), () => tf.tensor1d([0, 1, 2, 0, 1], "int32")),
  "bernoulli": () =>
    network(
      bernoulli(),
      () => randomTensor([5, 3], () => stream.integer(2)),
    ),
  "squared error": () => network(gaussian(), () => normal([5, 3])),
};

function network(output: Output, targets: () => Tensor): Point {
  const model = mlp([2, 3, 3], { activation: "tanh" });
  const batch = () => ({ inputs: { x: normal([5, 2]) }, targets: targets() });
  return { problem: { model, output }, params: model.init(1).params, batch: batch(), metaBatch: batch() };
}

/** One step from the point. */
function after(optimizer: Optimizer, { params, batch, metaBatch }: Point): Tensors {
  const carry = optimizer.init(mapTensors(params, (x) => x.clone()), {});
  return optimizer.step(carry, { batch, metaBatch: () => metaBatch }, { step: 0, seed: 1 }).carry.params;
}

/** Steps agree: the difference is small beside the step. */
function assertSameStep(actual: Tensors, expected: Tensors, from: Tensors, tolerance = 2e-4): void {
  for (const name of Object.keys(from)) {
    const step = tf.norm(tf.sub(expected[name], from[name])).dataSync()[0];
    const error = tf.norm(tf.sub(actual[name], expected[name])).dataSync()[0];
    assert(step > 1e-4 && error <= tolerance * step, `${name}: differs by ${error} of a step of ${step}`);
  }
}

const converged = { innerRate: 0.1, innerSteps: 1500 };

Deno.test("gradient descent: linear loss and WSD, at the rate 1/λ_WSD", () => {
  tf.tidy(() => {
    const point = networks.kl(), { problem } = point;
    const row = proximalPoint({ problem, loss: "linear", discrepancy: "none", lambdaWsd: 2, ...converged });
    const known = fixedRate({ problem, direction: gradient(), learningRate: 0.5 });
    assertSameStep(after(row, point), after(known as Optimizer, point), point.params);
  });
});

Deno.test("proximal point: exact loss and WSD; on least squares the solution of a linear system", () => {
  tf.tidy(() => {
    const point = leastSquares(), { problem } = point;
    const row = proximalPoint({ problem, discrepancy: "none", lambdaWsd: 0.3, ...converged });
    assertSameStep(after(row, point), ridge(point, { batch: 1, metaBatch: 0, damping: 0.3 }), point.params);
  });
});

Deno.test("damped Newton: second-order loss and WSD", () => {
  tf.tidy(() => {
    const problem = { model: rosenbrockModel(), output: gaussian() };
    const batch = { inputs: {}, targets: tf.zeros([1, 2]) }, { params } = problem.model.init(0);
    const point = { problem, params, batch, metaBatch: batch };
    const lambdaWsd = 900; // more than the curvature is negative anywhere near
    const row = proximalPoint({
      ...{ problem, loss: hessian as Curvature, discrepancy: "none", lambdaWsd },
      ...{ innerRate: 3e-4, innerSteps: 800 },
    });
    assertSameStep(after(row, point), after(dampedNewton({ problem, lambdaWsd }), point), params, 1e-3);
  });
});

for (const [name, make] of Object.entries(networks)) {
  const title = { "kl": "natural gradient", "bernoulli": "generalized Gauss–Newton" }[name] ?? "Gauss–Newton";
  Deno.test(`${title}: linear loss, second-order FSD (${name}), WSD; exactly and by conjugate gradients`, () => {
    tf.tidy(() => {
      const point = make(), { problem } = point, lambdas = { lambdaFsd: 1.5, lambdaWsd: 0.2 };
      const row = after(
        proximalPoint({ problem, loss: "linear", discrepancy: gaussNewton, ...lambdas, ...converged }),
        point,
      );
      assertSameStep(row, after(naturalGradient({ problem, ...lambdas }), point), point.params);
      assertSameStep(row, after(naturalGradient({ problem, ...lambdas, iterations: 25 }), point), point.params);
    });
  });
}

Deno.test("mirror descent: linear loss and the exact Bregman divergence of the generator, no network", () => {
  tf.tidy(() => {
    const model = identityModel([0.5, 1.5, 1]), learningRate = 0.4;
    const entropy = bregman((x) => tf.sub(tf.mul(x, tf.log(x)), x)); // D(u, θ) with the parameters as outputs
    const problem = { model, output: { loss: squaredError, discrepancy: entropy } };
    const batch = { inputs: {}, targets: tf.tensor2d([[1, 0.2, 2]]) }, { params } = model.init(0);
    const point = { problem, params, batch, metaBatch: batch };
    const row = proximalPoint({
      ...{ problem, loss: "linear", lambdaFsd: 1 / learningRate, lambdaWsd: 0 },
      ...{ innerRate: 0.02, innerSteps: 600 },
    });
    const known = mirrorDescent({ problem, mirror: positiveEntropy, learningRate });
    assertSameStep(after(row, point), after(known, point), params, 1e-3);
  });
});

Deno.test("KFAC: linear loss, block-diagonal Kronecker FSD with its damping", () => {
  tf.tidy(() => {
    const point = networks.kl(), { problem, params, batch } = point, damping = 0.3;
    const kronecker: Curvature = () => {
      const pass = layerPass(problem, params, {}, batch, inference);
      return (v) => {
        const products: Record<string, Tensor> = {};
        for (const map of weightMatrices(problem.model)) {
          const { A, B } = kroneckerFactors(map, pass.uses[map.name], 5);
          const damped = dampedFactors(A, B, damping);
          const whole = tf.concat([v[map.kernel], tf.expandDims(v[map.bias!])]);
          const product = tf.matMul(damped.A, tf.matMul(whole, damped.B)), rows = product.shape[0]! - 1;
          products[map.kernel] = tf.slice(product, 0, rows);
          products[map.bias!] = tf.reshape(tf.slice(product, rows, 1), [-1]);
        }
        return mapTensors(v, (_, name) => products[name]);
      };
    };
    const row = proximalPoint({ problem, loss: "linear", discrepancy: kronecker, lambdaWsd: 0, ...converged });
    const known = kfac({ problem, damping, momentum: 0, trustRegion: 1e6, learningRate: 1, fisher: "empirical" });
    assertSameStep(after(row, point), after(known as unknown as Optimizer, point), params);
  });
});

Deno.test("the full proximal step: exact loss, exact FSD and WSD; on least squares the solution of a linear system", () => {
  tf.tidy(() => {
    const point = leastSquares(), { problem } = point;
    const row = proximalPoint({ problem, lambdaFsd: 2, lambdaWsd: 0.3, innerRate: 0.03, innerSteps: 1500 });
    assertSameStep(after(row, point), ridge(point, { batch: 1, metaBatch: 2, damping: 0.3 }), point.params);
  });
});

/** Linear regression without bias. */
function leastSquares(): Point {
  const model = linear(3, 2, { bias: "none" });
  const batch = () => ({ inputs: { x: normal([6, 3]) }, targets: normal([6, 2]) });
  const problem = { model, output: gaussian() };
  return { problem, params: model.init(1).params, batch: batch(), metaBatch: batch() };
}

/** θ − (C + damping I)⁻¹ g, C the sum of the batches' XᵀX/N with these weights: what the objective's normal equations say. */
function ridge(point: Point, counts: { batch: number; metaBatch: number; damping: number }): Tensors {
  const moment = ({ inputs }: Batch) => {
    const x = inputs.x as Tensor;
    return tf.div(tf.matMul(x, x, true), x.shape[0]);
  };
  const w = point.params["dense1/kernel"], x = point.batch.inputs.x as Tensor;
  const g = tf.div(tf.matMul(x, tf.sub(tf.matMul(x, w), point.batch.targets), true), x.shape[0]);
  const c = tf.addN([
    tf.mul(moment(point.batch), counts.batch),
    tf.mul(moment(point.metaBatch), counts.metaBatch),
    tf.mul(tf.eye(3), counts.damping),
  ]);
  const matrix = (tensor: Tensor) => new Matrix(tensor.arraySync() as number[][]);
  const solution = solve(matrix(c), matrix(g)).to2DArray();
  return { "dense1/kernel": tf.sub(w, tf.tensor2d(solution)) };
}
