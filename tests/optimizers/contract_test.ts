/** What the interfaces must hold without a rewrite, each with a tiny model or optimizer of the test's own. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  amortize,
  type Batch,
  cosine,
  crossEntropy,
  defineOptimizer,
  dense,
  diagonal,
  type Direction,
  fixedRate,
  gaussian,
  gradient,
  inference,
  kfacStructured,
  metaObjective,
  type MetaOptimizer,
  mlp,
  type Mode,
  type Model,
  momentum,
  network,
  objectiveGradients,
  type Optimizer,
  perBlockRates,
  plain,
  type Problem,
  scalarRate,
  sequential,
  softmax,
  type Tensor,
  type Tensors,
  trainingMode,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { disposeTree, innerProduct, mapTensors } from "../../runtime/tree.ts";
import { bagOfWords, half, identityModel, normalizedNetwork, sequenceModel } from "./contract_models.ts";
import { clusters, numbers, start, tail, type Task, train } from "./tiny_task.ts";

await chooseBackend("cpu");

const classification = (model: Model): Problem => ({ model, output: softmax() });
const stream = random(1, "contract");
const normal = (shape: number[]) => randomTensor(shape, () => stream.normal());

function assertAllClose(actual: readonly number[], expected: readonly number[], tolerance: number, what = ""): void {
  assertEquals(actual.length, expected.length);
  actual.forEach((x, i) =>
    assertAlmostEquals(x, expected[i], tolerance * (1 + Math.abs(expected[i])), `${what} ${i}: ${x}, ${expected[i]}`)
  );
}

/** The same batches at every step. */
const constantTask = (problem: Problem, batch: Batch, metaBatch = batch): Task => ({
  problem,
  batch: () => batch,
  metaBatch: () => metaBatch,
  dispose: () => {},
});

Deno.test("BatchNorm and dropout: FSD(θ, θ) is exactly 0 in training, and the masks change with the step", () => {
  const model = normalizedNetwork(), task = clusters(1, { model });
  tf.tidy(() => {
    const { params, buffers } = model.init(1), batch = task.batch(0), metaBatch = task.metaBatch(0);
    const at = (step: number) =>
      objectiveGradients(task.problem, { lambdaFsd: 1, lambdaWsd: 0 }, {
        ...{ params, lookahead: params, buffers, batch, metaBatch },
        mode: trainingMode(chanceOf(1, step)),
      }).parts;
    assertEquals(at(0).fsd.dataSync()[0], 0);
    assertEquals(at(0).loss.dataSync(), at(0).loss.dataSync());
    assertNotEquals(at(0).loss.dataSync(), at(1).loss.dataSync());
  });
  task.dispose();
});

Deno.test("BatchNorm: the buffers see each batch once, although meta steps and the search make more passes", async () => {
  const model = normalizedNetwork(), task = clusters(2, { model }), { problem } = task, steps = 5;
  const apo = amortize({
    problem,
    direction: momentum(),
    parameterization: perBlockRates(),
    meta: { every: 1, steps: 2 },
  });
  let carry = await start(apo, task);
  for (let step = 0; step < steps; step++) {
    const expected = tf.tidy(() =>
      numbers(
        model.apply(carry.params, carry.buffers, task.batch(step).inputs, trainingMode(chanceOf(1, step))).buffers,
      )
    );
    assertEquals(Object.keys(expected), ["batchNorm1/mean", "batchNorm1/variance"]);
    carry = train(apo, task, carry, { from: step, to: step + 1 }).carry;
    assertEquals(numbers(carry.buffers), expected);
  }
  // inference takes the running statistics: an example's outputs do not depend on its neighbours
  tf.tidy(() => {
    const x = task.batch(0).inputs.x as Tensor;
    const outputs = (rows: Tensor) => model.apply(carry.params, carry.buffers, { x: rows }, inference).outputs;
    assertAllClose([...outputs(tf.slice(x, 0, 1)).dataSync()], [...tf.slice(outputs(x), 0, 1).dataSync()], 1e-6);
  });
  disposeTree(carry);
  task.dispose();
});

Deno.test("BatchNorm and dropout: every parameterization trains such a network", async () => {
  const model = normalizedNetwork(), task = clusters(3, { model });
  for (const parameterization of [scalarRate(), diagonal(), kfacStructured({ blockSize: 4 })]) {
    const apo = amortize({ problem: task.problem, direction: gradient(), parameterization });
    const { carry, losses, metrics } = train(apo, task, await start(apo, task), { to: 60 });
    assertLess(tail(losses, 8), 0.6 * losses[0]);
    assertEquals(metrics.refused, 0);
    disposeTree(carry);
  }
  task.dispose();
});

Deno.test("sequences with masks: what lies in the padding, and how much of it, changes nothing", async () => {
  const features = 3, classes = 2, model = sequenceModel(features, classes);
  const x = normal([4, 3, features]),
    targets = tf.tensor2d(Array.from({ length: 12 }, () => stream.integer(2)), [4, 3], "int32");
  const lengths = tf.tensor2d([[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1]]);
  const padded = (by: number, fill: () => number): Batch => ({
    inputs: { x: tf.concat([x, randomTensor([4, by, features], fill)], 1) },
    targets: tf.concat([targets, tf.zeros([4, by], "int32")], 1),
    weights: tf.concat([lengths, tf.zeros([4, by])], 1),
  });
  const results: number[][] = [];
  for (
    const batch of [
      { inputs: { x }, targets, weights: lengths },
      padded(2, () => 0),
      padded(5, () => 50 * stream.normal()),
    ]
  ) {
    const task = constantTask(classification(model), batch);
    const apo = amortize({ problem: task.problem, direction: adam(), parameterization: scalarRate() });
    const { carry, losses, metrics } = train(apo, task, await start(apo, task), { to: 12 });
    assertLess(losses[11], losses[0]);
    results.push([...losses, metrics.fsd, ...Object.values(numbers(carry.params)).flat()]);
    disposeTree(carry);
  }
  assertAllClose(results[1], results[0], 2e-4, "zeros");
  assertAllClose(results[2], results[0], 2e-4, "noise");
});

Deno.test("KFAC: a tap gives each layer's inputs and back-propagated gradients, as per-example gradients show", () => {
  for (const bias of ["separate", "homogeneous"] as const) {
    tf.tidy(() => {
      const model = mlp([3, 4, 2], { activation: "tanh", bias }), { params } = model.init(1), count = 5;
      const x = normal([count, 3]), targets = tf.tensor1d([0, 1, 1, 0, 1], "int32");
      const inputs: Record<string, Tensor> = {};
      const zeros: Tensors = { dense1: tf.zeros([count, 4]), dense2: tf.zeros([count, 2]) };
      const { gradients: deltas } = valueAndGradients((offsets) => {
        const mode: Mode = {
          ...inference,
          tap: ({ name }, use) => {
            inputs[name] = tf.keep(use.inputs.clone());
            return tf.add(use.outputs, offsets[name]);
          },
        };
        const { outputs } = model.apply(params, {}, { x }, mode);
        return { value: tf.mul(crossEntropy(outputs, targets), count), auxiliary: {} }; // the sum over examples
      }, zeros);
      for (let example = 0; example < count; example++) {
        const { gradients } = valueAndGradients((at) => {
          const { outputs } = model.apply(at, {}, { x: tf.slice(x, example, 1) }, inference);
          return { value: crossEntropy(outputs, tf.slice(targets, example, 1)), auxiliary: {} };
        }, params);
        for (const layer of ["dense1", "dense2"]) {
          const a = tf.slice(inputs[layer], example, 1), delta = tf.slice(deltas[layer], example, 1);
          const outer = tf.matMul(a as tf.Tensor2D, delta as tf.Tensor2D, true);
          assertAllClose([...outer.dataSync()], [...gradients[`${layer}/kernel`].dataSync()], 1e-5, `${bias} ${layer}`);
          if (bias === "separate") {
            assertAllClose([...delta.dataSync()], [...gradients[`${layer}/bias`].dataSync()], 1e-5);
          }
        }
      }
      tf.dispose(inputs);
    });
  }
});

Deno.test("embeddings: gather and one-hot train alike, words that do not occur stay, and no factor is V × V", async () => {
  const vocabulary = 40, size = 4;
  const words = tf.tensor2d(Array.from({ length: 24 }, () => stream.integer(20)), [8, 3], "int32"); // the words 0 … 19
  const batch = {
    inputs: { words },
    targets: tf.tensor1d(Array.from({ length: 8 }, () => stream.integer(3)), "int32"),
  };
  for (const backend of ["cpu", "wasm"] as const) {
    await chooseBackend(backend);
    const trained: number[][] = [];
    for (const by of ["gather", "oneHot"] as const) {
      const model = bagOfWords(vocabulary, size, 3, by), task = constantTask(classification(model), batch);
      const apo = amortize({ problem: task.problem, direction: gradient(), parameterization: kfacStructured() });
      const first = await start(apo, task), before = numbers(first.params)["embedding1/table"];
      const shapes = Object.values(first.state.rule.learner.phi).map(({ shape }) => shape);
      assert(shapes.every((shape) => shape.filter((n) => n === vocabulary).length < 2));
      const { carry, losses } = train(apo, task, first, { to: 30 });
      assertLess(losses[29], 0.5 * losses[0]);
      const after = numbers(carry.params)["embedding1/table"];
      assertEquals(after.slice(20 * size), before.slice(20 * size));
      assertNotEquals(after.slice(0, 20 * size), before.slice(0, 20 * size));
      trained.push(losses);
      disposeTree(carry);
    }
    assertAllClose(trained[1], trained[0], 1e-3, backend);
  }
  await chooseBackend("cpu");
});

Deno.test("a direction that needs the parameters gets them: L2 regularization in the gradient", async () => {
  const regularized = (strength: number): Direction => ({
    init: () => ({}),
    next: (g, _state, params) => ({
      direction: mapTensors(g, (x, name) => tf.add(x, tf.mul(params[name], strength))),
      state: {},
    }),
  });
  const problem = { model: identityModel([3, -2]), output: gaussian() };
  const task = constantTask(problem, { inputs: {}, targets: tf.tensor2d([[1, 1]]) });
  const optimizer = fixedRate({ problem, direction: regularized(0.5), learningRate: 0.5 });
  const { carry } = train(optimizer, task, await start(optimizer, task), { to: 60 });
  assertAllClose(numbers(carry.params).w, [1 / 1.5, 1 / 1.5], 1e-5); // θ − t + ½θ = 0
});

Deno.test("schedule-free: trains at one point and is evaluated at another", async () => {
  const rate = 0.3, beta = 0.9, targets = [1, -2];
  const problem = { model: identityModel([5, 5]), output: gaussian() };
  const batch = { inputs: {}, targets: tf.tensor2d([targets]) };
  // Defazio et al. 2024: z ← z − γ∇f(y), x ← x + (z − x)/(t + 1), y = (1 − β) z + β x; θ is y
  const scheduleFree: Optimizer = defineOptimizer<{ z: Tensors; x: Tensors; step: Tensor }>({
    init: (params) => ({ z: params, x: params, step: tf.scalar(0) }),
    advance: ({ params, buffers, state }, { batch }) => {
      const { value, gradients } = valueAndGradients((at) => ({
        value: problem.output.loss(problem.model.apply(at, buffers, batch.inputs, inference).outputs, batch.targets),
        auxiliary: {},
      }), params);
      const z = mapTensors(state.z, (old, name) => tf.sub(old, tf.mul(gradients[name], rate)));
      const weight = tf.div(1, tf.add(state.step, 2));
      const x = mapTensors(state.x, (old, name) => tf.add(old, tf.mul(tf.sub(z[name], old), weight)));
      const y = mapTensors(z, (from, name) => tf.add(tf.mul(from, 1 - beta), tf.mul(x[name], beta)));
      return { carry: { params: y, buffers, state: { z, x, step: tf.add(state.step, 1) } }, metrics: { loss: value } };
    },
    evaluated: ({ state, buffers }) => ({ params: state.x, buffers }),
  });
  let z = [5, 5], x = [5, 5], y = [5, 5];
  for (let t = 0; t < 20; t++) {
    z = z.map((v, i) => v - rate * (y[i] - targets[i]));
    x = x.map((v, i) => v + (z[i] - v) / (t + 2));
    y = z.map((v, i) => (1 - beta) * v + beta * x[i]);
  }
  const task = constantTask(problem, batch);
  const { carry } = train(scheduleFree, task, await start(scheduleFree, task), { to: 20 });
  assertAllClose(numbers(carry.params).w, y, 1e-5);
  assertAllClose(numbers(scheduleFree.evaluated!(carry).params).w, x, 1e-5);
  assertNotEquals(numbers(scheduleFree.evaluated!(carry).params), numbers(carry.params));
});

Deno.test("time lies in the carry: a step that is replayed with a stale clock follows schedule and bias corrections", async () => {
  const task = clusters(4), schedule = cosine({ initial: 0.1, steps: 10 });
  const optimizer = fixedRate({ problem: task.problem, direction: adam(), learningRate: schedule });
  let stale = await start(optimizer, task);
  const rates: number[] = [];
  for (let step = 0; step < 6; step++) {
    const batches = { batch: task.batch(step), metaBatch: () => task.metaBatch(step) };
    const next = optimizer.step(stale, batches, { step: 0, seed: 1 });
    rates.push(next.metrics.learningRate.dataSync()[0]);
    disposeTree(next.metrics);
    stale = next.carry;
  }
  assertAllClose(rates, rates.map((_, t) => 0.05 * (1 + Math.cos(Math.PI * t / 10))), 1e-6);
  const live = train(optimizer, task, await start(optimizer, task), { to: 6 }).carry;
  assertEquals(numbers(stale), numbers(live));
  task.dispose();
});

Deno.test("a step normalized by gᵀPg with a heavy ball after P", async () => {
  const kappa = 0.3, decay = 0.9, targets = [1, -2], diagonalOfP = [0.5, 3];
  const problem = { model: identityModel([4, 1]), output: gaussian() };
  const parameterization = diagonal();
  // ν = √(κ/gᵀU) with U = P g, v ← .9 v + ν U, θ ← θ − v
  const trustRegion: Optimizer = defineOptimizer<{ phi: Tensors; velocity: Tensors }>({
    init: (params) => ({
      phi: { "s/w": tf.sqrt(tf.tensor2d([diagonalOfP])) },
      velocity: mapTensors(params, (x) => tf.zerosLike(x)),
    }),
    advance: ({ params, buffers, state }, { batch }) => {
      const { value, gradients } = valueAndGradients((at) => ({
        value: problem.output.loss(problem.model.apply(at, buffers, batch.inputs, inference).outputs, batch.targets),
        auxiliary: {},
      }), params);
      const update = parameterization.precondition(state.phi, gradients);
      const scale = tf.sqrt(tf.div(kappa, innerProduct(gradients, update)));
      const velocity = mapTensors(state.velocity, (v, name) => tf.add(tf.mul(v, decay), tf.mul(update[name], scale)));
      const moved = mapTensors(params, (x, name) => tf.sub(x, velocity[name]));
      return { carry: { params: moved, buffers, state: { phi: state.phi, velocity } }, metrics: { loss: value } };
    },
  });
  let theta = [4, 1], v = [0, 0];
  for (let t = 0; t < 8; t++) {
    const g = theta.map((x, i) => x - targets[i]), u = g.map((x, i) => x * diagonalOfP[i]);
    const scale = Math.sqrt(kappa / (g[0] * u[0] + g[1] * u[1]));
    v = v.map((x, i) => decay * x + scale * u[i]);
    theta = theta.map((x, i) => x - v[i]);
  }
  const task = constantTask(problem, { inputs: {}, targets: tf.tensor2d([targets]) });
  const { carry, metrics } = train(trustRegion, task, await start(trustRegion, task), { to: 8 });
  assertEquals(metrics.refused, 0);
  assertAllClose(numbers(carry.params).w, theta, 1e-4);
});

/**
 * A ← A (I − μ E/‖E‖) with E = −(M Nᵀ + N Mᵀ) for M = AᵀdB and N = AᵀDB, D = ∇_u Q (kernels stored [in, out]): P moves
 * relative to itself, and nothing is differentiated through it. B and S stay.
 */
const multiplicative = (rate: number): MetaOptimizer => ({
  init: () => ({}),
  next: ({ direction, lookaheadGradient, finite }, phi, state) => {
    const norms: Tensor[] = [];
    const moved = mapTensors(phi, (factor, name) => {
      if (!name.startsWith("A/")) return factor;
      const a = factor as tf.Tensor2D, parameter = name.slice(2), b = phi[`B/${parameter}`] as tf.Tensor2D;
      const inside = (x: Tensor) => tf.matMul(tf.matMul(a, x as tf.Tensor2D, true), b);
      const product = tf.matMul(inside(direction[parameter]), inside(lookaheadGradient[parameter]), false, true);
      const change = tf.neg(tf.add(product, tf.transpose(product)));
      const norm = tf.norm(change);
      norms.push(norm);
      return tf.sub(a, tf.matMul(a, tf.mul(tf.divNoNan(change, norm), rate)));
    });
    return { phi: moved, state, gradientNorm: tf.addN(norms), finite };
  },
});

Deno.test("a multiplicative meta-optimizer: Q falls along its step, B and S stay, and it learns faster than without", async () => {
  const model = mlp([4, 6, 3], { bias: "homogeneous" }), task = clusters(5, { model });
  const parameterization = kfacStructured({ learningRate: 0.05 });
  const ended: number[] = [];
  for (const rate of [0, 0.2]) {
    const apo = amortize({
      problem: task.problem,
      direction: gradient(),
      parameterization,
      regime: plain({ lambdaFsd: 1 }),
      meta: { optimizer: multiplicative(rate), every: 2, early: 0, search: false },
    });
    const { carry, losses, metrics } = train(apo, task, await start(apo, task), { to: 40 });
    const { phi } = carry.state.rule.learner;
    assert(
      Object.entries(numbers(phi)).filter(([name]) => name.startsWith("S/")).every(([, s]) =>
        s.every((x) => x === s[0])
      ),
    );
    assertEquals([metrics.refused, metrics.metaSkipped], [0, 0]);
    ended.push(tail(losses, 8));
    if (rate > 0) {
      tf.tidy(() => {
        const { params, buffers } = carry, batch = task.batch(0), metaBatch = task.metaBatch(0), mode = inference;
        const { gradients: direction } = valueAndGradients((at) => ({
          value: crossEntropy(model.apply(at, buffers, batch.inputs, mode).outputs, batch.targets),
          auxiliary: {},
        }), params);
        const setting = { problem: task.problem, parameterization, lambdas: { lambdaFsd: 1, lambdaWsd: 0 } };
        const point = { params, buffers, direction, batch, metaBatch, mode };
        const q = metaObjective(setting, phi, point);
        const next = multiplicative(1e-3).next(
          {
            ...{
              step: tf.scalar(0),
              at: { step: 0, seed: 0 },
              early: false,
              gradient: direction,
              direction,
              pullback: q.pullback,
              along: (cotangent: Tensors) =>
                innerProduct(cotangent, tf.tidy(() => mapTensors(q.lookahead, (u, name) => tf.sub(u, params[name])))),
              scaled: parameterization.scale,
            },
            ...{ lookaheadGradient: q.gradients.total, sound: tf.scalar(true), finite: tf.scalar(true) },
          },
          phi,
          {},
        );
        const slope = q.pullback(q.gradients.total);
        const change = mapTensors(next.phi, (x, name) => tf.sub(x, phi[name]));
        assertLess(innerProduct(slope, change).dataSync()[0], 0);
      });
    }
    disposeTree(carry);
  }
  assertLess(ended[1], 0.9 * ended[0]);
  task.dispose();
});

Deno.test("16-bit rounding between operations: it trains, and ends near float32", async () => {
  const networkOf = (rounding: boolean) => {
    const layers = [
      dense({ units: 6, activation: "tanh" }),
      dense({ units: 6, activation: "tanh" }),
      dense({ units: 3 }),
    ];
    return sequential([4], rounding ? layers.flatMap((layer) => [layer, half()]) : layers);
  };
  const ended: number[] = [];
  for (const rounding of [true, false]) {
    const task = clusters(6, { model: networkOf(rounding) });
    for (const parameterization of [scalarRate({ learningRate: 1e-4 }), kfacStructured()]) {
      const apo = amortize({ problem: task.problem, direction: momentum(), parameterization });
      const { carry, losses, metrics } = train(apo, task, await start(apo, task), { to: 60 });
      assertEquals(metrics.refused, 0);
      ended.push(tail(losses, 8) / losses[0]);
      disposeTree(carry);
    }
    task.dispose();
  }
  assert(ended.every((ratio) => ratio < 0.4), `${ended}`);
  tf.tidy(() => { // it does round: 11 bits, to the nearest
    const x = tf.tensor2d([[1 + 2 ** -12, 1 + 3 * 2 ** -11, 1000.3, -0.1]]);
    const { outputs } = network(half(), [4]).apply({}, {}, { x }, inference);
    assertEquals([...outputs.dataSync()], [1, 1 + 2 ** -9, 1000.5, -0.0999755859375]);
  });
});

Deno.test("a model that throws in the middle of a gradient, as in a notebook, and is then mended", async () => {
  const model = mlp([4, 6, 3]), healthy = clusters(7, { model });
  let passes = 0, failing = 0;
  const fragile: Model = {
    ...model,
    apply: (...rest) => {
      if (++passes === failing) throw new Error("interrupted");
      return model.apply(...rest);
    },
  };
  const task = { ...healthy, problem: { ...healthy.problem, model: fragile } };
  const make = (problem: Problem) =>
    amortize({ problem, direction: momentum(), parameterization: kfacStructured(), meta: { every: 1, search: false } });
  const apo = make(task.problem), twin = make(healthy.problem);
  const carry = await start(apo, task), before = tf.memory().numTensors;
  for (const pass of [1, 2, 3, 4]) { // the gradient; f(B′, θ); at the lookahead the loss and the discrepancy
    passes = 0;
    failing = pass;
    assertThrows(() => train(apo, task, carry, { to: 1 }), Error, "interrupted");
    assertEquals(passes, pass);
    assertEquals(tf.memory().numTensors, before);
  }
  failing = 0;
  const mended = train(apo, task, carry, { to: 5 }),
    undisturbed = train(twin, healthy, await start(twin, healthy), { to: 5 });
  assertEquals(numbers(mended.carry), numbers(undisturbed.carry));
  assertGreater(passes, 4);
  disposeTree(mended.carry);
  disposeTree(undisturbed.carry);
  healthy.dispose();
});
