/** What modules promise, each with a tiny model: nesting, names, several inputs and results, buffers, chance, and errors. */
import { chanceOf } from "../../runtime/chance.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  activation,
  averagePool,
  basicBlock,
  batchNorm,
  conv2d,
  dense,
  dropout,
  embedding,
  fixedRate,
  flatten,
  gradient,
  inference,
  layerNorm,
  maxPool,
  type Model,
  type Module,
  network,
  preActivationBlock,
  recalibration,
  reshape,
  residual,
  sequential,
  series,
  type Site,
  softmax,
  type Tensor,
  type Tensors,
  trainingMode,
} from "../../mod.ts";
import { layerTable } from "../../display/layer_table.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { encoderDecoder, residualNetwork } from "../optimizers/contract_models.ts";
import { numbers } from "../optimizers/tiny_task.ts";

await chooseBackend("cpu");

const stream = random(1, "modules");
const normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const all = (x: Tensor) => [...x.dataSync()];

function assertClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  assertEquals(actual.length, expected.length);
  actual.forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance * (1 + Math.abs(expected[i])), `${i}`));
}

/** A module that declares what it is told to, and passes its input on. */
const declaring = (declare: (site: Site) => void): Module => ({
  kind: "declaring",
  build: (site, input) => {
    declare(site);
    return { output: input, apply: (_pass, x) => x };
  },
});

const ones = { shape: [2], role: "scale" as const, init: () => tf.ones([2]) };

Deno.test("nesting: parameters, buffers and linear maps go by their paths, in the order of declaration", () => {
  const model = sequential([4, 4, 2], {
    stage1: series([conv2d({ filters: 2, window: 3 }), batchNorm()]),
    stage2: series({ block1: basicBlock({ filters: 4, stride: 2 }) }),
    classifier: series([flatten(), dense({ units: 3 })]),
  });
  const block = "stage2/block1";
  assertEquals(Object.keys(model.leaves), [
    ...["stage1/conv1/kernel", "stage1/conv1/bias", "stage1/batchNorm1/scale", "stage1/batchNorm1/shift"],
    ...[`${block}/conv1/kernel`, `${block}/norm1/scale`, `${block}/norm1/shift`],
    ...[`${block}/conv2/kernel`, `${block}/norm2/scale`, `${block}/norm2/shift`],
    ...[`${block}/shortcut/kernel`, `${block}/shortcut_norm/scale`, `${block}/shortcut_norm/shift`],
    ...["classifier/dense1/kernel", "classifier/dense1/bias"],
  ]);
  assertEquals(model.maps!.map(({ name, kernel, bias }) => [name, kernel, bias]), [
    ["stage1/conv1", "stage1/conv1/kernel", "stage1/conv1/bias"],
    [`${block}/conv1`, `${block}/conv1/kernel`, undefined],
    [`${block}/conv2`, `${block}/conv2/kernel`, undefined],
    [`${block}/shortcut`, `${block}/shortcut/kernel`, undefined],
    ["classifier/dense1", "classifier/dense1/kernel", "classifier/dense1/bias"],
  ]);
  tf.tidy(() => {
    const { params, buffers } = model.init(1);
    assertEquals(Object.keys(params), Object.keys(model.leaves));
    for (const [name, { shape }] of Object.entries(model.leaves)) assertEquals(params[name].shape, [...shape], name);
    const norms = ["stage1/batchNorm1", `${block}/norm1`, `${block}/norm2`, `${block}/shortcut_norm`];
    assertEquals(Object.keys(buffers), norms.flatMap((norm) => [`${norm}/mean`, `${norm}/variance`]));
    assertEquals(model.apply(params, buffers, { x: normal([5, 4, 4, 2]) }, inference).outputs.shape, [5, 3]);
  });
});

Deno.test("a list numbers each kind by itself, a record has names of its own", () => {
  const names = (modules: Parameters<typeof series>[0]) => Object.keys(network(series(modules), [3]).leaves);
  const one = () => dense({ units: 3, bias: "none" }), norm = () => layerNorm();
  assertEquals(names([one(), norm(), one()]), [
    ...["dense1/kernel", "layerNorm1/scale", "layerNorm1/shift", "dense2/kernel"],
  ]);
  assertEquals(names({ first: one(), last: series([one()]) }), ["first/kernel", "last/dense1/kernel"]);
});

Deno.test("a name is declared once: parameters, buffers and inner modules share them", () => {
  const twice: Record<string, (site: Site) => void> = {
    "w": (site) => [site.param("w", ones), site.param("w", ones)],
    "v": (site) => [site.param("v", ones), site.buffer("v", ones.init)],
    "u": (site) => [site.buffer("u", ones.init), site.buffer("u", ones.init)],
    "inner": (site) => [site.child("inner", flatten(), [2]), site.child("inner", flatten(), [2])],
    "part": (site) => [site.child("part", flatten(), [2]), site.param("part", ones)],
    "kernel": (site) => [site.param("kernel", ones), site.child("kernel", flatten(), [2])],
    "a/b": (site) => [site.param("a/b", ones), site.child("a", declaring((inner) => inner.param("b", ones)), [2])],
  };
  for (const [name, declare] of Object.entries(twice)) {
    assertThrows(() => network(declaring(declare), [2]), UserError, `the network has "${name}" already`);
    const nested = series({ outer: declaring(declare) });
    assertThrows(() => network(nested, [2]), UserError, `the network has "outer/${name}" already`);
  }
});

Deno.test("init: a seed's values are the same, sites differ, and another module shifts none of them", () => {
  tf.tidy(() => {
    const part = () => dense({ units: 3 });
    const model = sequential([3], { a: part(), b: part() }),
      values = (seed: number) => numbers(model.init(seed).params);
    assertEquals(values(1), values(1));
    assertNotEquals(values(1)["a/kernel"], values(2)["a/kernel"]);
    assertNotEquals(values(1)["a/kernel"], values(1)["b/kernel"]);
    const longer = sequential([3], { first: part(), a: part(), b: part() });
    assertEquals(numbers(longer.init(1).params)["b/kernel"], values(1)["b/kernel"]);
    const both = network(
      declaring((site) => {
        const matrix = { shape: [2, 2], role: "dense" as const };
        for (const name of ["query", "key"]) {
          site.param(name, { ...matrix, init: (random) => randomTensor([2, 2], () => random.normal()) });
        }
      }),
      [2],
    ).init(1).params;
    assertNotEquals(all(both.query), all(both.key)); // one site's kernels, too
  });
});

Deno.test("residual: body(x) + shortcut(x), or + x, and parts of unlike shapes are refused", () => {
  tf.tidy(() => {
    const x = normal([5, 3]), one = () => dense({ units: 3 });
    const both = network(residual(one(), one()), [3]), alone = network(residual(one()), [3]), { params } = both.init(1);
    const part = (name: string) => tf.add(tf.matMul(x, params[`${name}/kernel`]), params[`${name}/bias`]);
    const outputs = (model: Model) => all(model.apply(params, {}, { x }, inference).outputs);
    assertClose(outputs(both), all(tf.add(part("body"), part("shortcut"))));
    assertClose(outputs(alone), all(tf.add(part("body"), x)));
  });
  assertThrows(
    () => network(residual(dense({ units: 2 })), [3]),
    UserError,
    "the body puts out [2], the shortcut [3]; give both the same shape",
  );
});

Deno.test("several inputs, a module that returns a record, and lengths that differ and vary", () => {
  const model = encoderDecoder(7, 4);
  tf.tidy(() => {
    const { params } = model.init(1), tokens = (shape: number[]) => randomTensor(shape, () => 1 + stream.integer(6));
    const outputs = (inputs: Tensors) => model.apply(params, {}, inputs, inference).outputs;
    for (const [source, target] of [[5, 3], [2, 6], [1, 1]]) {
      assertEquals(outputs({ source: tokens([2, source]), target: tokens([2, target]) }).shape, [2, target, 7]);
    }
    const source = tokens([2, 4]), target = tokens([2, 3]), padded = tf.pad(source, [[0, 0], [0, 3]]);
    assertClose(all(outputs({ source: padded, target })), all(outputs({ source, target })));
  });
});

Deno.test("a module that is used twice has its parameters once", () => {
  const shared: Module = {
    kind: "shared",
    build: (site, input) => {
      const inner = site.child("inner", dense({ units: 3, activation: "tanh" }), input);
      return { output: input, apply: (pass, x) => inner.apply(pass, inner.apply(pass, x)) };
    },
  };
  const model = network(shared, [3]);
  assertEquals(Object.keys(model.leaves), ["inner/kernel", "inner/bias"]);
  tf.tidy(() => {
    const { params } = model.init(1), x = normal([4, 3]);
    const once = (x: Tensor) => tf.tanh(tf.add(tf.matMul(x, params["inner/kernel"]), params["inner/bias"]));
    assertClose(all(model.apply(params, {}, { x }, inference).outputs), all(once(once(x))));
  });
});

/** Counts its passes in training, and puts the count out. */
const counter: Module = {
  kind: "counter",
  build: (site, input) => {
    const count = site.buffer("count", () => tf.scalar(0));
    return {
      output: input,
      apply: (pass, x) => {
        pass.update(count, tf.add(pass.buffer(count), 1));
        return tf.add(tf.zerosLike(x), pass.buffer(count));
      },
    };
  },
};

Deno.test("buffers: a later module of the pass sees what an earlier one left, and evaluation leaves them alone", () => {
  const twice: Module = {
    kind: "twice",
    build: (site, input) => {
      const inner = site.child("inner", counter, input);
      return { output: input, apply: (pass, x) => tf.add(inner.apply(pass, x), tf.mul(inner.apply(pass, x), 10)) };
    },
  };
  tf.tidy(() => {
    const model = sequential([1], { outer: twice, other: batchNorm() }), { params, buffers } = model.init(1);
    const x = tf.zeros([2, 1]), first = sequential([1], { outer: twice });
    const training = first.apply({}, buffers, { x }, trainingMode(chanceOf(1, 1)));
    assertEquals([all(training.outputs), numbers(training.buffers)["outer/inner/count"]], [[21, 21], [2]]);
    assertEquals(all(first.apply({}, buffers, { x }, inference).outputs), [0, 0]);
    const evaluated = model.apply(params, buffers, { x }, inference);
    for (const [name, buffer] of Object.entries(buffers)) {
      assert((evaluated.buffers as Tensors)[name] === buffer, name);
      assert(!(buffer as Tensor).isDisposed);
    }
  });
});

Deno.test("batchNorm: training normalizes by the batch, evaluation by the running statistics", () => {
  tf.tidy(() => {
    const model = network(batchNorm({ momentum: 0.25 }), [2]), { params, buffers } = model.init(1), x = normal([6, 2]);
    const { outputs, buffers: after } = model.apply(params, buffers, { x }, trainingMode(chanceOf(1, 1)));
    const { mean, variance } = tf.moments(x, 0), running = after as Tensors;
    assertClose(all(tf.mean(outputs, 0)), [0, 0]);
    assertClose(all(tf.mean(tf.square(outputs), 0)), [1, 1], 1e-3);
    assertClose(all(running.mean), all(tf.mul(mean, 0.25)));
    assertClose(all(running.variance), all(tf.add(tf.mul(variance, 0.25 * 6 / 5), 0.75)));
    const evaluated = all(model.apply(params, running, { x }, inference).outputs);
    assertClose(evaluated, all(tf.div(tf.sub(x, running.mean), tf.sqrt(tf.add(running.variance, 1e-5)))));
    assertThrows(
      () => model.apply(params, buffers, { x: tf.ones([1, 2]) }, trainingMode(chanceOf(1, 1))),
      UserError,
      "one value a channel",
    );
    model.apply(params, buffers, { x: tf.ones([1, 2]) }, inference);
  });
});

Deno.test("batchNorm with an activation is batchNorm and then the activation, in every mode", () => {
  tf.tidy(() => {
    const x = normal([6, 2]);
    for (const name of ["linear", "relu", "tanh", "sigmoid"] as const) {
      const one = network(batchNorm({ activation: name }), [2]);
      const two = network(series({ norm: batchNorm(), after: activation(name) }), [2]);
      for (const mode of [trainingMode(chanceOf(1, 1)), inference, recalibration(0)]) {
        const applied = [one, two].map((model) => {
          const { params, buffers } = model.init(1),
            { outputs, buffers: after } = model.apply(params, buffers, { x }, mode);
          return [outputs, ...Object.values(after as Tensors)].map(all);
        });
        assertEquals(applied[0], applied[1], name);
      }
    }
  });
});

Deno.test("dropout: the same values in all passes of a step, others in other steps and places, none in inference", () => {
  tf.tidy(() => {
    const rate = 0.3, model = sequential([400], { a: dropout(rate), b: dropout(rate) }), x = tf.ones([50, 400]);
    const alone = network(dropout(rate), [400]);
    const outputs = (step: number, of = model) => all(of.apply({}, {}, { x }, trainingMode(chanceOf(1, step))).outputs);
    assertEquals(outputs(3), outputs(3));
    assertNotEquals(outputs(3), outputs(4));
    assertNotEquals(
      outputs(3, sequential([400], { a: dropout(rate) })),
      outputs(3, sequential([400], { b: dropout(rate) })),
    );
    const kept = outputs(1, alone).filter((y) => y !== 0);
    assert(kept.every((y) => Math.abs(y - 1 / (1 - rate)) < 1e-6));
    // within four standard deviations
    assertAlmostEquals(kept.length / x.size, 1 - rate, 4 * Math.sqrt(rate * (1 - rate) / x.size));
    assertEquals(all(model.apply({}, {}, { x }, inference).outputs), all(x));
    assertEquals(outputs(1, network(dropout(0), [400])), all(x));
  });
  for (const rate of [1, -0.1, NaN]) assertThrows(() => dropout(rate), UserError, `rate is ${rate}`);
});

Deno.test("layerTable: nested names, shapes and counts", () => {
  const { rows } = layerTable(
    sequential([4, 4, 1], {
      stem: conv2d({ filters: 2, window: 3 }),
      stage1: series({ block1: residual(conv2d({ filters: 2, window: 1, bias: "none" })) }),
      classifier: series([flatten(), dense({ units: 3 })]),
    }),
  );
  assertEquals(rows, [
    ["stem", "kernel 3×3×1×2, bias 2", "20"],
    ["stage1/block1/body", "kernel 1×1×2×2", "4"],
    ["classifier/dense1", "kernel 32×3, bias 3", "99"],
    ["all", "", "123"],
  ]);
});

Deno.test("inputs that do not fit are refused, with the shape that does", () => {
  const model = sequential([3], [dense({ units: 2 })]), both = encoderDecoder(7, 4);
  tf.tidy(() => {
    const { params } = model.init(1);
    const apply = (inputs: Tensors) => () => model.apply(params, {}, inputs, inference);
    assertThrows(
      apply({ x: tf.ones([5, 4]) }),
      UserError,
      'the input "x" has the shape [5, 4]; the model takes [batch, 3]',
    );
    assertThrows(apply({ x: tf.ones([3]) }), UserError, "has the shape [3]");
    assertThrows(
      apply({ y: tf.ones([5, 3]) }),
      UserError,
      'the model takes an input "x" of shape [batch, 3]; the batch\'s inputs are: y',
    );
    assertThrows(apply({}), UserError, "the batch's inputs are: none");
    const tokens = tf.ones([2, 3]);
    const other = () => both.apply(both.init(1).params, {}, { source: tokens }, inference);
    assertThrows(other, UserError, 'an input "target" of shape [batch, any]; the batch\'s inputs are: source');
  });
});

Deno.test("modules that do not fit, and options that are not allowed, are refused by name and value", () => {
  const foo = "foo" as "relu";
  const refused: [() => unknown, string][] = [
    [() => network(flatten(), [-1, 3]), "flatten: the length of an input of shape [-1,3] varies"],
    [() => network(reshape([3]), [-1, 3]), "reshape: the length of an input of shape [-1,3] varies"],
    [() => network(layerNorm(), []), "layerNorm: an input of shape [] has no last axis"],
    [() => network(batchNorm(), [-1]), "batchNorm: an input of shape [-1] has no channels"],
    [() => batchNorm({ momentum: 0 }), "batchNorm: momentum is 0"],
    [() => batchNorm({ epsilon: -1 }), "batchNorm: epsilon is -1"],
    [() => batchNorm({ activation: foo }), 'batchNorm: activation is "foo"; give "linear" or "relu"'],
    [() => dense({ units: 1, activation: foo }), 'dense: activation is "foo"'],
    [() => conv2d({ filters: 1, window: 1, activation: foo }), 'conv2d: activation is "foo"'],
    [() => activation(foo), 'activation is "foo"'],
    [() => layerNorm({ epsilon: 0 }), "layerNorm: epsilon is 0"],
    [() => embedding({ entries: 0, size: 3 }), "embedding: entries is 0"],
    [() => dense({ units: 2.5 }), "dense: units is 2.5"],
    [() => network(conv2d({ filters: 1, window: 3, padding: -1 }), [4, 4, 1]), "conv2d: padding is -1"],
    [
      () => network(conv2d({ filters: 1, window: 3, padding: [[0, 1], [0.5, 0]] }), [4, 4, 1]),
      "padding is [[0,1],[0.5,0]]",
    ],
    [() => network(conv2d({ filters: 1, window: 3, stride: 0 }), [4, 4, 1]), "conv2d: stride is 0"],
    [() => network(conv2d({ filters: 1, window: 3 }), [-1, 4, 1]), "is no image [height, width, channels]"],
    [
      () => network(maxPool({ window: 2, padding: 2 }), [4, 4, 1]),
      "maxPool: padding is 2; give numbers below the window, 2",
    ],
    [() => network(averagePool({ window: 3 }), [2, 2, 1]), "a window of 3 × 3 does not fit an image of 2 × 2"],
    [() => network(basicBlock({ filters: 1, shortcut: "A" }), [4, 4, 2]), 'cannot take 2 channels to 1; give "B"'],
    [() => network(preActivationBlock({ filters: 2 }), [4]), "is no image"],
  ];
  for (const [f, message] of refused) assertStringIncludes(assertThrows(f, UserError).message, message);
});

Deno.test("a model without parameters cannot be trained, and says so", () => {
  const problem = { model: network(activation("tanh"), [2]), output: softmax() };
  const optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0.1 });
  const batch = { inputs: { x: normal([3, 2]) }, targets: tf.tensor1d([0, 1, 1], "int32") };
  const { params, buffers } = problem.model.init(1), before = tf.memory().numTensors;
  const step = () =>
    optimizer.step(optimizer.init(params, buffers), { batch, metaBatch: () => batch }, { step: 0, seed: 1 });
  assertThrows(step, UserError, "no parameters");
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("init and passes leave nothing behind", () => {
  for (
    const model of [
      residualNetwork(),
      encoderDecoder(7, 4),
      sequential([3], [dense({ units: 2, bias: "homogeneous" })]),
    ]
  ) {
    const before = tf.memory().numTensors, { params, buffers } = model.init(1);
    assertEquals(tf.memory().numTensors - before, Object.keys(params).length + Object.keys(buffers).length);
    tf.dispose([params, buffers] as never);
    assertEquals(tf.memory().numTensors, before);
  }
});
