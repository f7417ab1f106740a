/** The networks: shapes, names, and what they compute. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  autoencoder,
  averagePool,
  conv2d,
  convNet,
  dense,
  flatten,
  globalAveragePool,
  inference,
  linear,
  maxPool,
  mlp,
  type Model,
  type Module,
  reshape,
  rosenbrockModel,
  sequential,
  type Tensor,
  type Tensors,
  trainingMode,
} from "../../models/mod.ts";
import { crossEntropy, squaredError } from "../../proximal/mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { UserError } from "../../runtime/errors.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { innerProduct, mapTensors } from "../../runtime/tree.ts";

await chooseBackend("cpu");

const stream = random(1, "networks");
const normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const outputs = (model: Model, params: Tensors, x: Tensor) => model.apply(params, {}, { x }, inference).outputs;
const roles = (model: Model) =>
  Object.fromEntries(Object.entries(model.leaves).map(([name, { role, shape }]) => [name, `${role} ${shape}`]));

/** Leaves and parameters must tell the same story. */
function assertConsistent(model: Model): void {
  tf.tidy(() => {
    const { params } = model.init(1);
    assertEquals(Object.keys(params), Object.keys(model.leaves));
    for (const [name, { shape }] of Object.entries(model.leaves)) assertEquals(params[name].shape, [...shape]);
    for (const { name, kernel, bias } of model.maps ?? []) {
      assertEquals([kernel, bias ?? `${name}/bias`], [`${name}/kernel`, `${name}/bias`]);
      assert(["dense", "conv"].includes(model.leaves[kernel].role));
      if (bias) assertEquals(model.leaves[bias].role, "bias");
    }
  });
}

Deno.test("mlp: names, roles and shapes", () => {
  const model = mlp([5, 4, 3]);
  assertConsistent(model);
  assertEquals(roles(model), {
    "dense1/kernel": "dense 5,4",
    "dense1/bias": "bias 4",
    "dense2/kernel": "dense 4,3",
    "dense2/bias": "bias 3",
  });
  assertEquals(roles(mlp([5, 4, 3], { bias: "homogeneous" })), {
    "dense1/kernel": "dense 6,4",
    "dense2/kernel": "dense 5,3",
  });
  assertEquals(roles(linear(5, 3, { bias: "none" })), { "dense1/kernel": "dense 5,3" });
  tf.tidy(() => assertEquals(outputs(model, model.init(1).params, normal([7, 5])).shape, [7, 3]));
});

Deno.test("mlp: the function, written out; the last layer is linear", () => {
  const activations = {
    relu: (z: number) => Math.max(0, z),
    tanh: Math.tanh,
    sigmoid: (z: number) => 1 / (1 + Math.exp(-z)),
  };
  for (const [activation, f] of Object.entries(activations)) {
    tf.tidy(() => {
      const model = mlp([2, 3, 2], { activation: activation as "relu" });
      const params = mapTensors(model.init(1).params, (x) => normal(x.shape)), x = normal([4, 2]);
      const array = (name: string) => params[name].arraySync();
      const layer = (row: number[], name: string) =>
        (array(`${name}/bias`) as number[]).map((b, j) =>
          row.reduce((total, v, i) => total + v * (array(`${name}/kernel`) as number[][])[i][j], b)
        );
      const expected = (x.arraySync() as number[][]).flatMap((row) => layer(layer(row, "dense1").map(f), "dense2"));
      outputs(model, params, x).dataSync().forEach((y, i) => assertAlmostEquals(y, expected[i], 1e-5));
    });
  }
});

Deno.test("a homogeneous bias is a separate one: the same start, function and gradients", () => {
  tf.tidy(() => {
    const separate = mlp([5, 4, 3]), homogeneous = mlp([5, 4, 3], { bias: "homogeneous" }), x = normal([6, 5]);
    const merged = (params: Tensors): Tensors =>
      Object.fromEntries(["dense1", "dense2"].map((layer) => [
        `${layer}/kernel`,
        tf.concat([params[`${layer}/kernel`], tf.expandDims(params[`${layer}/bias`], 0)]),
      ]));
    const start = separate.init(3).params;
    const one = homogeneous.init(3).params;
    for (const name of Object.keys(one)) assertEquals(one[name].dataSync(), merged(start)[name].dataSync());
    const params = mapTensors(start, (x) => tf.add(x, tf.mul(normal(x.shape), 0.3)));
    const gradients = (model: Model, at: Tensors) =>
      valueAndGradients(
        (params) => ({ value: squaredError(outputs(model, params, x), tf.ones([6, 3])), auxiliary: {} }),
        at,
      );
    const a = gradients(separate, params), b = gradients(homogeneous, merged(params));
    assertAlmostEquals(a.value.dataSync()[0], b.value.dataSync()[0], 1e-5);
    const expected = merged(a.gradients);
    for (const name of Object.keys(expected)) {
      b.gradients[name].dataSync().forEach((g, i) => assertAlmostEquals(g, expected[name].dataSync()[i], 1e-5));
    }
  });
});

Deno.test("init: the same seed gives the same parameters, another seed others, and layers differ", () => {
  tf.tidy(() => {
    const model = mlp([4, 4, 4, 4]);
    const values = (seed: number) => Object.values(model.init(seed).params).map((x) => [...x.dataSync()]);
    assertEquals(values(1), values(1));
    const [first, , second] = values(1), [other] = values(2);
    assert(first.every((x, i) => x !== other[i] && x !== second[i]));
  });
});

Deno.test("init: biases are 0, kernels are normal with the variance of their name", () => {
  const variances = {
    he: (fanIn: number, _: number) => 2 / fanIn,
    glorot: (fanIn: number, fanOut: number) => 2 / (fanIn + fanOut),
    lecun: (fanIn: number, _: number) => 1 / fanIn,
  };
  const cases: [model: (init?: "he") => Model, fanIn: number, fanOut: number][] = [
    [(init) => sequential([60], [dense({ units: 100, init })]), 60, 100],
    [(init) => sequential([8, 8, 12], [conv2d({ filters: 40, window: [3, 5], init })]), 180, 600],
  ];
  for (const [make, fanIn, fanOut] of cases) {
    for (const [init, variance] of Object.entries(variances)) {
      const [kernel, bias] = tf.tidy(() =>
        Object.values(make(init as "he").init(5).params).map((x) => [...x.dataSync()])
      );
      const n = kernel.length, expected = variance(fanIn, fanOut);
      const mean = kernel.reduce((total, x) => total + x, 0) / n;
      const second = kernel.reduce((total, x) => total + x * x, 0) / n;
      const fourth = kernel.reduce((total, x) => total + x ** 4, 0) / n;
      // within four standard errors: of a normal distribution's mean √(v/n), variance v √(2/n), kurtosis √(24/n)
      assertAlmostEquals(mean, 0, 4 * Math.sqrt(expected / n), init);
      assertAlmostEquals(second, expected, 4 * expected * Math.sqrt(2 / n), init);
      assertAlmostEquals(fourth / second ** 2, 3, 4 * Math.sqrt(24 / n), init);
      assert(bias.every((b) => b === 0));
    }
  }
});

Deno.test("init: each activation has its own unless one is named", () => {
  const spread = (activation: "relu" | "tanh" | "sigmoid" | "linear") =>
    tf.tidy(() => {
      const kernel = sequential([300], [dense({ units: 100, activation })]).init(1).params["dense1/kernel"]
        .dataSync() as Float32Array;
      return kernel.reduce((total, x) => total + x * x, 0) / kernel.length;
    });
  const expected = { relu: 2 / 300, tanh: 2 / 400, sigmoid: 2 / 400, linear: 1 / 300 };
  for (const [activation, variance] of Object.entries(expected)) {
    assertAlmostEquals(spread(activation as "relu"), variance, 4 * variance * Math.sqrt(2 / 30000), activation);
  }
});

Deno.test("autoencoder: mirrored layers, linear code and outputs", () => {
  const kernels = (model: Model) =>
    Object.values(model.leaves).filter(({ role }) => role === "dense").map(({ shape }) => shape.join("-"));
  assertEquals(kernels(autoencoder([784, 1000, 500, 250, 30])), [
    ...["784-1000", "1000-500", "500-250", "250-30"],
    ...["30-250", "250-500", "500-1000", "1000-784"],
  ]);
  const model = autoencoder([3, 4, 2], { activation: "sigmoid" });
  assertConsistent(model);
  assertEquals(kernels(model), ["3-4", "4-2", "2-4", "4-3"]);
  // code and outputs leave (0, 1), the hidden layers do not: taps see what is before the activation, so scale the weights instead
  tf.tidy(() => {
    const params = mapTensors(model.init(1).params, (x) => tf.mul(normal(x.shape), 20));
    const y = outputs(model, params, normal([50, 3])).dataSync();
    assert(Math.min(...y) < -1 && Math.max(...y) > 1);
    const layer = (x: Tensor, i: number) =>
      tf.add(tf.matMul(x as tf.Tensor2D, params[`dense${i}/kernel`] as tf.Tensor2D), params[`dense${i}/bias`]);
    const x = normal([5, 3]),
      code = layer(tf.sigmoid(layer(x, 1)), 2),
      expected = layer(tf.sigmoid(layer(code, 3)), 4).dataSync();
    outputs(model, params, x).dataSync().forEach((v, i) =>
      assertAlmostEquals(v, expected[i], 1e-4 * (1 + Math.abs(expected[i])))
    );
  });
});

Deno.test("one width makes no network", () => {
  for (const make of [mlp, autoencoder]) {
    const message = `${make.name}: widths [2] make no layer; give those of inputs and outputs at least`;
    assertThrows(() => make([2]), UserError, message);
    assertThrows(() => make([]), UserError, "widths [] make no layer");
  }
});

Deno.test("convNet: shapes, and the gradient by central differences", () => {
  const model = convNet(8, 3);
  assertConsistent(model);
  assertEquals(roles(model), {
    "conv1/kernel": "conv 3,3,1,8",
    "conv1/bias": "bias 8",
    "conv2/kernel": "conv 3,3,8,16",
    "conv2/bias": "bias 16",
    "dense1/kernel": "dense 64,64",
    "dense1/bias": "bias 64",
    "dense2/kernel": "dense 64,3",
    "dense2/bias": "bias 3",
  });
  tf.tidy(() => {
    // biases away from 0, where relu has its kink
    const params = mapTensors(model.init(1).params, (x) => tf.add(x, tf.mul(normal(x.shape), 0.02)));
    const x = normal([4, 64]), targets = tf.tensor1d([0, 1, 2, 1], "int32");
    const loss = (at: Tensors) => crossEntropy(outputs(model, at, x), targets);
    const { gradients } = valueAndGradients((at) => ({ value: loss(at), auxiliary: {} }), params);
    for (const name of Object.keys(params)) {
      const along = tf.tidy(() => {
        const direction = normal(params[name].shape);
        return tf.div(direction, tf.norm(direction));
      });
      const at = (t: number) =>
        tf.tidy(() => loss({ ...params, [name]: tf.add(params[name], tf.mul(along, t)) }).dataSync()[0]);
      const slope = innerProduct({ [name]: gradients[name] }, { [name]: along }).dataSync()[0], h = 2e-3;
      assertAlmostEquals(slope, (at(h) - at(-h)) / (2 * h), 2e-3, name);
    }
  });
});

Deno.test("conv2d: stride, padding and window as in the formula, by hand", () => {
  tf.tidy(() => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const layer = (padding: "same" | "valid", stride: number) =>
      sequential([3, 3, 1], [conv2d({ filters: 1, window: 2, padding, stride })]);
    const kernel = { "conv1/kernel": tf.tensor4d([1, 10, 100, 1000], [2, 2, 1, 1]), "conv1/bias": tf.tensor1d([0.5]) };
    assertEquals([...outputs(layer("valid", 1), kernel, x).dataSync()], [5421.5, 6532.5, 8754.5, 9865.5]);
    assertEquals([...outputs(layer("same", 2), kernel, x).dataSync()], [5421.5, 603.5, 87.5, 9.5]);
  });
});

Deno.test("pooling, flatten and reshape", () => {
  tf.tidy(() => {
    const x = tf.reshape(tf.range(0, 32), [1, 4, 4, 2]);
    const of = (...modules: Module[]) => [...outputs(sequential([4, 4, 2], modules), {}, x).dataSync()];
    assertEquals(of(maxPool({ window: 2 })), [10, 11, 14, 15, 26, 27, 30, 31]);
    assertEquals(of(averagePool({ window: 2 })), [5, 6, 9, 10, 21, 22, 25, 26]);
    assertEquals(of(maxPool({ window: 3, stride: 1 })), [20, 21, 22, 23, 28, 29, 30, 31]);
    assertEquals(of(globalAveragePool()), [15, 16]);
    assertEquals(of(flatten()), [...x.dataSync()]);
    assertEquals(outputs(sequential([4, 4, 2], [reshape([8, 4])]), {}, x).shape, [1, 8, 4]);
  });
});

Deno.test("layers that do not fit say what does", () => {
  const build = (shape: number[], ...modules: Module[]) => () => sequential(shape, modules);
  assertThrows(
    build([4, -1], dense({ units: 2 })),
    UserError,
    "an input of shape [4,-1] has no last axis of known size",
  );
  assertThrows(build([16], conv2d({ filters: 2, window: 3 })), UserError, "put reshape() before it");
  assertThrows(build([16], maxPool({ window: 2 })), UserError, "put reshape() before it");
  assertThrows(build([16], reshape([3, 5])), UserError, "16 values");
  assertThrows(build([2, 2, 1], maxPool({ window: 3 })), UserError, "a window of 3 × 3 does not fit an image of 2 × 2");
});

Deno.test("rosenbrockModel: value, gradient, start and minimum", () => {
  const model = rosenbrockModel();
  assertConsistent(model);
  const f = (x: number, y: number) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  const slope = (x: number, y: number) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)];
  for (const [x, y] of [[-1, 1], [1, 1], [0.3, -0.7], [-1.2, 2]]) {
    tf.tidy(() => {
      const { value, gradients } = valueAndGradients((params) => {
        const { outputs } = model.apply(params, {}, {}, trainingMode(chanceOf(1, 1)));
        return { value: squaredError(outputs, tf.zeros([1, 2])), auxiliary: {} };
      }, { x: tf.tensor2d([[x, y]]) });
      assertAlmostEquals(value.dataSync()[0], f(x, y), 1e-5 * (1 + f(x, y)));
      gradients.x.dataSync().forEach((g, i) =>
        assertAlmostEquals(g, slope(x, y)[i], 1e-5 * (1 + 100 * Math.abs(slope(x, y)[i])))
      );
    });
  }
  tf.tidy(() => {
    const start = (seed: number) => [...model.init(seed).params.x.dataSync()];
    assertEquals(start(0), [-1, 1]);
    assertEquals(start(9), start(9));
    for (const seed of [1, 2, 9]) {
      const off = Math.hypot(start(seed)[0] + 1, start(seed)[1] - 1);
      assert(off > 0 && off < 0.6, `seed ${seed} starts ${off} away`);
    }
  });
});
