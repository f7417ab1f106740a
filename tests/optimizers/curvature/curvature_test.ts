/** Curvature by products: against Jacobians made row by row, and against each other. */
import { assertAlmostEquals, assertEquals, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  conjugateGradients,
  convNet,
  type CurvaturePoint,
  dampedNewton,
  denseMatrix,
  gaussian,
  gaussNewton,
  hessian,
  inference,
  jacobianProducts,
  linear,
  mlp,
  type Model,
  naturalGradient,
  type Optimizer,
  rosenbrockModel,
  softmax,
  type Tensor,
  type Tensors,
} from "../../../mod.ts";
import { flat, unflat } from "../../../optimizers/curvature/curvature.ts";
import { type BackendName, chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { valueAndGradients } from "../../../runtime/gradients.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { disposeTree, innerProduct, mapTensors } from "../../../runtime/tree.ts";
import { webgpuTest } from "../../runtime/webgpu_test_case.ts";

await chooseBackend("cpu");
const stream = random(6, "curvature"), normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const like = (params: Tensors) => mapTensors(params, (x) => normal([...x.shape]));

function pointOf(model: Model, weights?: number[]): CurvaturePoint {
  const batch = {
    inputs: { x: normal([4, 2]) },
    targets: tf.tensor1d([0, 2, 1, 1], "int32"),
    ...weights && { weights: tf.tensor1d(weights) },
  };
  const problem = { model, output: softmax() };
  return { problem, params: model.init(1).params, buffers: {}, batch, mode: inference };
}

function assertClose(actual: Tensor, expected: Tensor, tolerance: number): void {
  const error = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0], size = tf.max(tf.abs(expected)).dataSync()[0];
  assertLess(error, tolerance * size);
}

for (const weights of [undefined, [1, 0, 2, 1]]) {
  Deno.test(`gaussNewton: Σ w Jᵀ (diag(p) − ppᵀ) J / Σ w with Jacobians row by row${weights ? ", weighted" : ""}`, () => {
    tf.tidy(() => {
      const point = pointOf(mlp([2, 3, 3], { activation: "tanh" }), weights);
      const { params, batch, problem } = point, x = batch.inputs.x as Tensor;
      const actual = denseMatrix(gaussNewton(point), params), n = actual.shape[0];
      let expected: Tensor = tf.zeros([n, n]);
      const w = weights ?? [1, 1, 1, 1], total = w.reduce((sum, each) => sum + each);
      for (let example = 0; example < 4; example++) {
        const outputs = (at: Tensors) => problem.model.apply(at, {}, { x: tf.slice(x, example, 1) }, inference).outputs;
        const jacobian = tf.stack([0, 1, 2].map((output) =>
          flat(
            valueAndGradients(
              (at) => ({ value: tf.sum(tf.slice(outputs(at), [0, output], [1, 1])), auxiliary: {} }),
              params,
            ).gradients,
          )
        ));
        const p = tf.reshape(tf.softmax(outputs(params)), [3]);
        const fisher = tf.sub(tf.diag(p), tf.outerProduct(p as tf.Tensor1D, p as tf.Tensor1D));
        const own = tf.matMul(jacobian, tf.matMul(fisher, jacobian), true);
        expected = tf.add(expected, tf.mul(own, w[example] / total));
      }
      assertClose(actual, expected, 1e-5);
      assertClose(actual, tf.transpose(actual), 1e-5);
    });
  });
}

Deno.test("hessian: of a linear model under its own likelihood it is the Fisher matrix", () => {
  tf.tidy(() => {
    const point = pointOf(linear(2, 3));
    assertClose(denseMatrix(hessian(point), point.params), denseMatrix(gaussNewton(point), point.params), 2e-3);
  });
});

Deno.test("hessian: the Rosenbrock function's in closed form", () => {
  tf.tidy(() => {
    const model = rosenbrockModel(), params = { x: tf.tensor2d([[-0.5, 0.3]]) };
    const problem = { model, output: gaussian() };
    const batch = { inputs: {}, targets: tf.zeros([1, 2]) };
    const actual = denseMatrix(hessian({ problem, params, buffers: {}, batch, mode: inference }), params);
    const [x, y] = [-0.5, 0.3]; // (1 − x)² + 100 (y − x²)²
    assertClose(actual, tf.tensor2d([[2 + 1200 * x * x - 400 * y, -400 * x], [-400 * x, 200]]), 1e-3);
  });
});

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`hessian and conjugateGradients on ${backend}: vectors whose squares vanish or overflow are as others`, async () => {
    await chooseBackend(backend);
    tf.tidy(() => {
      const model = rosenbrockModel(), params = { x: tf.tensor2d([[-0.5, 0.3]]) };
      const problem = { model, output: gaussian() };
      const batch = { inputs: {}, targets: tf.zeros([1, 2]) };
      const product = hessian({ problem, params, buffers: {}, batch, mode: inference });
      const matrix = tf.tensor2d([[2 + 300 - 120, 200], [200, 200]]);
      for (const size of [1e-36, 1e-25, 1e-18, 1, 1e18, 1e25, 1e34]) {
        const v = tf.tensor2d([[0.8 * size, -1 * size]]);
        assertClose(tf.div(product({ x: v }).x, size), tf.matMul(tf.div(v, size), matrix), 2e-3);
        const damped = ({ x }: Tensors) => ({ x: tf.mul(x, tf.tensor2d([[4, 0.5]])) });
        assertClose(tf.div(conjugateGradients(damped, { x: v }, 2).x, size), tf.tensor2d([[0.2, -2]]), 1e-5);
      }
      const steep = ({ x }: Tensors) => ({ x: tf.mul(x, 1e38) }); // ⟨v, M v⟩ is ∞: no step of 0 that passes for a result
      const { x } = conjugateGradients(steep, { x: tf.fill([2], 10) }, 3);
      assertEquals([...x.dataSync()], [NaN, NaN]);
      assertEquals([...product({ x: tf.zeros([1, 2]) }).x.dataSync()], [0, 0]);
    });
    await chooseBackend("cpu");
  });
}

async function adjoint(backend: BackendName): Promise<void> {
  await chooseBackend(backend);
  for (const activation of ["relu", "tanh", "sigmoid"] as const) {
    for (const bias of ["separate", "homogeneous"] as const) {
      const model = mlp([3, 4, 2], { activation, bias });
      const { params } = model.init(2), x = normal([5, 3]), v = like(params), w = normal([5, 2]);
      const sides = tf.tidy(() => {
        const { times, transposeTimes } = jacobianProducts(
          (at) => model.apply(at, {}, { x }, inference).outputs,
          params,
        );
        return tf.stack([tf.sum(tf.mul(times(v), w)), innerProduct(transposeTimes(w), v)]);
      });
      const [jv, jtw] = await sides.data();
      assertAlmostEquals(jv, jtw, 1e-4 * (1 + Math.abs(jtw)), `${activation}, ${bias}`);
      disposeTree({ ...params, x, v, w, sides });
    }
  }
  await chooseBackend("cpu");
}
Deno.test("jacobianProducts: ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ on cpu", () => adjoint("cpu"));
Deno.test("jacobianProducts: ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ on wasm", () => adjoint("wasm"));
webgpuTest("jacobianProducts: ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ on webgpu", () => adjoint("webgpu"));

Deno.test("jacobianProducts: a model that tfjs cannot differentiate twice is refused by name", () => {
  tf.tidy(() => {
    const model = convNet(8, 3), { params } = model.init(1), x = normal([2, 64]);
    const { times } = jacobianProducts((at) => model.apply(at, {}, { x }, inference).outputs, params);
    assertStringIncludes(assertThrows(() => times(like(params)), UserError).message, "use dense layers alone");
  });
});

Deno.test("conjugateGradients: exact after n iterations, and stays there", () => {
  tf.tidy(() => {
    const m = normal([6, 4]),
      matrix = tf.add(tf.matMul(m, m, true), tf.eye(4)),
      b = { a: normal([2]), c: normal([2, 1]) };
    const product = (v: Tensors) => unflat(tf.matMul(matrix, tf.expandDims(flat(v), 1)), b);
    for (const iterations of [4, 40]) {
      assertClose(flat(product(conjugateGradients(product, b, iterations))), flat(b), 1e-4);
    }
    const zero = mapTensors(b, (x) => tf.zerosLike(x));
    assertClose(tf.add(flat(conjugateGradients(product, zero, 3)), 1), tf.ones([4]), 1e-6);
  });
});

Deno.test("Gauss–Newton and Newton find Rosenbrock's minimum in a few steps", () => {
  const problem = { model: rosenbrockModel(), output: gaussian() };
  const batch = { inputs: {}, targets: tf.zeros([1, 2]) };
  for (const [make, steps] of [[naturalGradient, 30], [dampedNewton, 30]] as const) {
    const optimizer: Optimizer = make({ problem, lambdaWsd: 1e-3 });
    let carry = optimizer.init(problem.model.init(0).params, {});
    for (let step = 0; step < steps; step++) {
      const next = optimizer.step(carry, { batch, metaBatch: () => batch }, { step, seed: 0 });
      carry = next.carry;
      disposeTree(next.metrics);
    }
    const [x, y] = carry.params.x.dataSync();
    assertAlmostEquals(x, 1, 1e-3, make.name);
    assertAlmostEquals(y, 1, 1e-3, make.name);
    disposeTree(carry);
  }
  batch.targets.dispose();
});

Deno.test("second order: what cannot be is refused, by name and value", () => {
  const problem = { model: linear(60, 60), output: softmax() };
  const refused: [options: object, ...words: string[]][] = [
    [{ lambdaWsd: -1 }, "lambdaWsd is -1"],
    [{ iterations: 0.5 }, "iterations is 0.5"],
    [{ learningRate: NaN }, "learningRate is NaN"],
  ];
  for (const [options, ...words] of refused) {
    const { message } = assertThrows(() => naturalGradient({ problem, ...options }), UserError);
    for (const word of words) assertStringIncludes(message, word);
  }
  tf.tidy(() => {
    const { params } = problem.model.init(0);
    assertStringIncludes(assertThrows(() => denseMatrix((v) => v, params), UserError).message, "3660 by 3660");
    const point = {
      ...pointOf(linear(2, 3)),
      problem: { ...problem, output: { ...problem.output, likelihood: undefined } },
    };
    assertStringIncludes(assertThrows(() => gaussNewton(point), UserError).message, "needs problem.output.likelihood");
  });
});
