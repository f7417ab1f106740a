/** Scores against numbers worked out by hand, row by row, in float64. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  accuracy,
  type Batch,
  chooseBackend,
  crossEntropy,
  type Dataset,
  type ExampleMetric,
  type FinishedEvent,
  fit,
  fixedRate,
  gaussian,
  gradient,
  kl,
  linear,
  type Loss,
  type Metric,
  type Model,
  type Problem,
  reconstructionError,
  rootMeanSquaredError,
  rows,
  sigmoidCrossEntropy,
  squaredError,
  UserError,
} from "../../mod.ts";
import { random } from "../../runtime/random.ts";
import { evaluate } from "../../training/evaluate.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

await chooseBackend("cpu");

/** Outputs are the input as it is. */
const identity: Model = {
  leaves: {},
  init: () => ({ params: {}, buffers: {} }),
  apply: (_, buffers, { x }) => ({ outputs: tf.clone(x as tf.Tensor), buffers }),
};
/** The same with a parameter, as there must be one to train. */
const trainable: Model = {
  leaves: { shift: { shape: [2], role: "bias" } },
  init: () => ({ params: { shift: tf.zeros([2]) }, buffers: {} }),
  apply: ({ shift }, buffers, { x }) => ({ outputs: tf.add(x as tf.Tensor, shift), buffers }),
};
const of = (loss: Loss, model = identity): Problem => ({ model, output: { loss, discrepancy: kl } });

interface Part {
  readonly values: readonly number[];
  /** Of one example. */
  readonly shape: readonly number[];
  readonly dtype?: "float32" | "int32" | "bool";
}

/** Examples of any shape; notes how many rows are asked for. */
function examples(size: number, x: Part, targets: Part, weights?: Part, asked: number[] = []): Dataset {
  const take = ({ values, shape, dtype = "float32" }: Part, indices: ArrayLike<number>) => {
    const area = shape.reduce((product, n) => product * n, 1);
    const chosen = Array.from(indices, (i) => values.slice(i * area, (i + 1) * area)).flat();
    return tf.tensor(chosen, [indices.length, ...shape], dtype);
  };
  return {
    size,
    batch: (indices): Batch => {
      asked.push(indices.length);
      return {
        inputs: { x: take(x, indices) },
        targets: take(targets, indices),
        ...weights && { weights: take(weights, indices) },
      };
    },
  };
}
const numbers = (count: number, f: (i: number) => number) => Array.from({ length: count }, (_, i) => f(i));
const score = (problem: Problem, metrics: Record<string, Metric>, data: Dataset) =>
  evaluate(problem, metrics, {}, {}, data);

async function finished(problem: Problem, data: { train: Dataset; test?: Dataset }, metrics: Record<string, Metric>) {
  const optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0 });
  for await (const event of fit({ problem, optimizer, data, metrics, steps: 1 })) {
    if (event.kind === "finished") return event as FinishedEvent;
  }
  throw new Error("did not finish");
}

// The weights lie unevenly, so that a mean of the chunks' means would be another number: 25.25 and 7.11.
Deno.test("fit: scores of weighted data are Σwℓ/Σw over all of them", async () => {
  const size = 1000, early = (i: number) => i < 500;
  const weights = numbers(size, (i) => early(i) || i % 50 === 0 ? 1 : 0),
    targets = numbers(size, (i) => early(i) ? 1 : 10);
  const one = (values: number[]): Part => ({ values, shape: [1] });
  const zeros = one(numbers(size, () => 0));
  for (const dtype of ["float32", "int32", "bool"] as const) {
    const data = examples(size, zeros, one(targets), { values: weights, shape: [], dtype });
    const metrics = { rmse: rootMeanSquaredError, again: squaredError };
    const { train, test } = await finished(of(squaredError, linear(1, 1)), { train: data, test: data }, metrics);
    for (const scores of [train, test!]) { // 500 rows of ½, 10 of 50
      assertAlmostEquals(scores.loss, 750 / 510, 1e-6);
      assertAlmostEquals(scores.again, 750 / 510, 1e-6);
      assertAlmostEquals(scores.rmse, Math.sqrt(1500 / 510), 1e-6);
    }
  }
});

const logits = (count: number, classes: number, stream: string): number[] => {
  const draw = random(1, stream);
  return numbers(count * classes, () => draw.normal());
};
const best = (row: readonly number[]) => row.indexOf(Math.max(...row));

/** Padded sequences: of row i the first 1 + i % time positions count. */
function sequences(size: number, time: number, classes: number) {
  const z = logits(size * time, classes, "sequences"), draw = random(2, "targets");
  const targets = numbers(size * time, () => draw.integer(classes));
  const weights = numbers(size * time, (k) => k % time <= Math.floor(k / time) % time ? 1 : 0);
  const row = (k: number) => z.slice(k * classes, (k + 1) * classes);
  const loss = (k: number) => Math.log(row(k).reduce((sum, x) => sum + Math.exp(x), 0)) - row(k)[targets[k]];
  const right = (k: number) => best(row(k)) === targets[k] ? 1 : 0;
  const mean = (f: (k: number) => number) =>
    weights.reduce((sum, w, k) => sum + w * f(k), 0) / weights.reduce((sum, w) => sum + w, 0);
  const data = examples(
    size,
    { values: z, shape: [time, classes] },
    { values: targets, shape: [time], dtype: "int32" },
    { values: weights, shape: [time] },
  );
  return { data, loss: mean(loss), accuracy: mean(right), right: numbers(size * time, right) };
}

async function checkSequences(): Promise<void> {
  const { data, ...expected } = sequences(101, 6, 4);
  const found = await score(of(crossEntropy), { accuracy }, data);
  assertAlmostEquals(found.loss, expected.loss, 1e-5);
  assertAlmostEquals(found.accuracy, expected.accuracy, 1e-7);
}

Deno.test("evaluate: padded positions of sequences do not count, and all others count alike", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    await checkSequences();
  }
});
webgpuTest("evaluate: padded sequences on the device", checkSequences);

Deno.test("accuracy: of sequences without weights or with weights of rows, of targets that are probabilities", async () => {
  const { data, right } = sequences(40, 6, 4);
  const bare = {
    ...data,
    batch: (indices: ArrayLike<number>) => {
      const { weights, ...others } = data.batch(indices);
      weights!.dispose();
      return others;
    },
  };
  assertAlmostEquals(
    (await score(of(crossEntropy), { accuracy }, bare)).accuracy,
    right.reduce((a, b) => a + b) / 240,
    1e-12,
  );
  const byRow = {
    ...bare,
    batch: (indices: ArrayLike<number>) => ({
      ...bare.batch(indices),
      weights: tf.tensor1d(Float32Array.from(indices, (i) => i % 4)),
    }),
  };
  const weighted = right.reduce((sum, r, k) => sum + r * (Math.floor(k / 6) % 4), 0) / (6 * 10 * (0 + 1 + 2 + 3));
  assertAlmostEquals((await score(of(crossEntropy), { accuracy }, byRow)).accuracy, weighted, 1e-7);

  const z = [3, 1, 1, 2, 0, 5], soft = [0.6, 0.4, 0.7, 0.3, 0.2, 0.8]; // right, wrong, right
  const smoothed = examples(3, { values: z, shape: [2] }, { values: soft, shape: [2] });
  assertAlmostEquals((await score(of(crossEntropy), { accuracy }, smoothed)).accuracy, 2 / 3, 1e-12);
});

Deno.test("reconstructionError, a loss as a metric, and a metric of one's own with weights", async () => {
  const size = 300, z = logits(size, 3, "pixels"), draw = random(3, "weights");
  const targets = numbers(size * 3, () => draw.uniform() < 0.5 ? 0 : 1), weights = numbers(size, () => draw.uniform());
  const data = examples(size, { values: z, shape: [3] }, { values: targets, shape: [3] }, {
    values: weights,
    shape: [],
  });
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const sum = (f: (i: number, k: number) => number) =>
    weights.reduce((all, w, i) => all + w * [0, 1, 2].reduce((row, j) => row + f(i, 3 * i + j), 0), 0);
  const total = weights.reduce((all, w) => all + w);
  const recall: ExampleMetric = {
    terms: (logits, t) => ({ found: tf.mul(tf.cast(tf.greater(logits, 0), "float32"), t), all: t }),
    value: ({ found, all }) => found / all,
  };
  const found = await score(of(sigmoidCrossEntropy), { reconstructionError, recall, squaredError }, data);
  assertAlmostEquals(found.loss, sum((_, k) => Math.log1p(Math.exp(z[k])) - z[k] * targets[k]) / total, 1e-5);
  assertAlmostEquals(found.reconstructionError, sum((_, k) => (sigmoid(z[k]) - targets[k]) ** 2) / total, 1e-6);
  assertAlmostEquals(found.squaredError, sum((_, k) => 0.5 * (z[k] - targets[k]) ** 2) / total, 1e-5);
  assertAlmostEquals(found.recall, sum((_, k) => z[k] > 0 ? targets[k] : 0) / sum((_, k) => targets[k]), 1e-6);
});

Deno.test("evaluate: rows of weight 0 may have no finite mean of their own; where all have, there is none", async () => {
  const plain: Loss = (f, t, w) =>
    tf.tidy(() => tf.div(tf.sum(tf.mul(tf.squeeze(tf.square(tf.sub(f, t)), [1]), w!)), tf.sum(w!)));
  const of20 = (weight: (i: number) => number) =>
    examples(
      20,
      { values: numbers(20, (i) => i), shape: [1] },
      { values: numbers(20, () => 0), shape: [1] },
      { values: numbers(20, weight), shape: [] },
    );
  assertAlmostEquals((await score(of(plain), {}, of20((i) => i < 18 ? 0 : 1))).loss, (18 ** 2 + 19 ** 2) / 2, 1e-4);
  assertEquals((await score(of(squaredError), {}, of20(() => 0))).loss, NaN);
});

Deno.test("evaluate: what weighs nothing may be anything", async () => {
  const data = examples(
    20,
    { values: numbers(20, (i) => i), shape: [1] },
    { values: numbers(20, (i) => i % 2 ? NaN : 0), shape: [1] },
    { values: numbers(20, (i) => i % 2 ? 0 : 2), shape: [] },
  );
  const { rmse } = await score(of(squaredError), { rmse: rootMeanSquaredError }, data);
  assertAlmostEquals(rmse, Math.sqrt(numbers(10, (i) => (2 * i) ** 2).reduce((a, b) => a + b) / 10), 1e-5);
});

Deno.test("evaluate: a metric whose terms are not of examples is refused by name", async () => {
  const data = examples(3, { values: [1, 2, 3], shape: [1] }, { values: [1, 2, 3], shape: [1] });
  const metric: ExampleMetric = { terms: (f) => ({ sum: tf.sum(f) }), value: ({ sum }) => sum };
  const { numTensors } = tf.memory();
  await assertRejects(
    () => score(of(squaredError), { metric }, data),
    UserError,
    'the term "sum" of the metric "metric"',
  );
  assertEquals(tf.memory().numTensors, numTensors);
});

/** Rows of two logits; those from `wrongFrom` on have the wrong label. */
const labelled = (size: number, wrongFrom: number) =>
  rows({
    inputs: numbers(size, (i) => i % 2).map((label) => [1 - label, label]),
    labels: numbers(size, (i) => i < wrongFrom ? i % 2 : 1 - i % 2),
  });

Deno.test("fit: all test data count, also the last of many", async () => {
  const { test } = await finished(of(crossEntropy, trainable), {
    train: labelled(10, 10),
    test: labelled(12_000, 10_000),
  }, {
    accuracy,
  });
  assertEquals(test!.accuracy, 10_000 / 12_000);
});

Deno.test("fit: of more than 10,000 training data a random sample is scored, by the seed, and the event says so", async () => {
  const problem = of(crossEntropy, trainable),
    optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0 });
  const of20000 = async (seed: number) => {
    const data = { train: labelled(20_000, 10_000) };
    const events = await Array.fromAsync(fit({ problem, optimizer, data, metrics: { accuracy }, steps: 1, seed }));
    const last = events.at(-1)!;
    assert(last.kind === "finished");
    assertEquals(last.trainSample, 10_000);
    return last.train.accuracy;
  };
  const [first, second] = [await of20000(0), await of20000(1)];
  assert(Math.abs(first - 0.5) < 0.02 && first !== second, `${first}, ${second}: four standard deviations are 0.014`);
  assertEquals(await of20000(0), first);
  assertEquals((await finished(problem, { train: labelled(10_000, 9_000) }, { accuracy })).trainSample, undefined);
});

Deno.test("accuracy: is never above 1, whatever the number of rows and their weights", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    for (const size of [3, 41, 49, 500, 1027]) {
      assertEquals((await score(of(crossEntropy), { accuracy }, labelled(size, size))).accuracy, 1);
      const draw = random(size, "weights"), weighted = labelled(size, size);
      const weights = numbers(size, () => draw.uniform());
      const data = {
        ...weighted,
        batch: (indices: ArrayLike<number>) => ({
          ...weighted.batch(indices),
          weights: tf.tensor1d(Array.from(indices, (i) => weights[i])),
        }),
      };
      assertEquals((await score(of(crossEntropy), { accuracy }, data)).accuracy, 1);
    }
  }
  await chooseBackend("cpu");
});

Deno.test("evaluate: chunks are as large as their bytes allow, also where a model frees its activations itself", async () => {
  const asked: number[] = [], size = 3000;
  const ones: Part = { values: numbers(size, () => 1), shape: [1] };
  const data = examples(size, ones, { ...ones, values: numbers(size, () => 0) }, undefined, asked);
  assertAlmostEquals((await score(of(squaredError), {}, data)).loss, 0.5, 1e-9);
  assertEquals(asked.splice(0), [1, 8, 64, 512, 2415], "they grow");

  const wide: Model = {
    ...identity,
    apply: (_, buffers, { x }) =>
      // 2^18 bytes a row: 127 rows take 2^25 with what is made of them
      tf.tidy(() => ({ outputs: tf.slice(tf.tile(x as tf.Tensor2D, [1, 2 ** 16]), [0, 0], [-1, 1]), buffers })),
  };
  assertAlmostEquals((await score(of(squaredError, wide), {}, { ...data, size: 300 })).loss, 0.5, 1e-9);
  assertEquals(asked, [1, 8, 64, 127, 100]);
});

Deno.test("metrics: targets of another shape than the outputs ask for are refused", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const outputs = tf.tensor1d([1, 2, 3, 4]), column = tf.tensor2d([[1], [2], [3], [4]]), logits = tf.ones([4, 3]);
    for (const [name, metric] of Object.entries({ reconstructionError, rootMeanSquaredError })) {
      assertThrows(() => metric.terms(outputs, column), UserError, `${name}: targets has the shape [4, 1]`);
    }
    assertThrows(() => accuracy.terms(logits, column), UserError, "accuracy: targets has the shape [4, 1]");
    const fractions = accuracy.terms(tf.tensor2d([[1, 0], [1, 0]]), tf.tensor1d([0.5, 0])).right;
    assertEquals([...fractions.dataSync()], [0, 1]); // a half is no class
  });
});

Deno.test("evaluate: what has the weight 0 may be anything", async () => {
  const model = linear(1, 1), { params, buffers } = model.init(0);
  const problem = { model, output: gaussian() };
  const data = (missing: number) => ({
    size: 3,
    batch: (indices: ArrayLike<number>) => ({
      inputs: { x: tf.ones([indices.length, 1]) },
      targets: tf.tensor2d(Array.from(indices, (i) => [i === 1 ? missing : i])),
      weights: tf.tensor1d(Array.from(indices, (i) => i === 1 ? 0 : 1)),
    }),
  });
  const scores = (missing: number) => evaluate(problem, { rootMeanSquaredError }, params, buffers, data(missing));
  assertEquals(await scores(NaN), await scores(0));
  tf.dispose([params]);
});
