/** Data that no training can use are refused by name, before they are trained on or scored. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  bernoulli,
  type Dataset,
  dense,
  embedding,
  fit,
  type FitEvent,
  fixedRate,
  flatten,
  gaussian,
  gradient,
  mlp,
  type Model,
  type Module,
  network,
  type Output,
  rows,
  series,
  softmax,
  UserError,
} from "../../mod.ts";
import { sampler } from "../../data/sampler.ts";
import { DataError } from "../../runtime/errors.ts";
import { onEveryBackend } from "../proximal/on_every_backend.ts";

const SIZE = 60, BAD = 40; // the example at fault

type Row = readonly number[];
/** An own data set of 60 examples, of which one, or those that it says, are others. */
interface Columns {
  readonly x?: (i: number) => Row;
  readonly targets?: (i: number) => Row;
  readonly weights?: (i: number) => number;
}
const sound = { x: (i: number): Row => [Math.sin(i), Math.cos(i)], targets: (i: number): Row => [i % 2] };
function own({ x = sound.x, targets = sound.targets, weights }: Columns): Dataset {
  const matrix = (row: (i: number) => Row, indices: ArrayLike<number>) =>
    tf.tensor2d(Array.from(indices, (i) => [...row(i)]));
  return {
    size: SIZE,
    batch: (indices) => ({
      inputs: { x: matrix(x, indices) },
      targets: matrix(targets, indices),
      ...weights && { weights: tf.tensor1d(Array.from(indices, weights)) },
    }),
  };
}
/** The row of a good example, but for the one at fault. */
const but = <T>(good: (i: number) => T, bad: T) => (i: number) => i === BAD ? bad : good(i);

const mean: Output = gaussian();
async function events(train: Dataset, { test, validation, output = mean, model = mlp([2, 3, 1]) }: {
  test?: Dataset;
  validation?: Dataset;
  output?: Output;
  model?: Model;
} = {}): Promise<FitEvent[]> {
  const problem = { model, output }, optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0.1 });
  return await Array.fromAsync(
    fit({ problem, optimizer, data: { train, validation, test }, steps: 6, batchSize: 20, evalEvery: 3 }),
  );
}

/** Whether as training, validation or test data, it is refused with this message, and no tensor is left. */
async function refused(bad: Dataset, good: Dataset, message: string, rest: { output?: Output; model?: Model } = {}) {
  const parts = [["training", bad, {}], ["validation", good, { validation: bad }], ["test", good, {
    test: bad,
  }]] as const;
  for (const [part, train, evaluated] of parts) {
    const before = tf.memory().numTensors;
    const refuses = () => events(train, { ...rest, ...evaluated });
    await assertRejects(refuses, UserError, `${part} data, batch([${BAD}]): ${message}`);
    assertEquals(tf.memory().numTensors, before, message);
  }
}

onEveryBackend(
  "fit: inputs that are not finite are refused, whatever their weight, and the example is named",
  async () => {
    for (const bad of [NaN, Infinity]) {
      for (const weights of [undefined, but(() => 1, 0)]) {
        const message = `inputs.x[0, 1] is ${bad}; give finite numbers`;
        await refused(own({ x: but(sound.x, [1, bad]), weights }), own({ weights }), message);
      }
    }
  },
);

onEveryBackend("fit: a mask of −∞ among the inputs, which the model adds to its logits, is no bad number", async () => {
  const model: Model = {
    leaves: { w: { shape: [1, 2], role: "dense" } },
    init: () => ({ params: { w: tf.zeros([1, 2]) }, buffers: {} }),
    apply: ({ w }, buffers, { x, mask }) => ({
      outputs: tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), mask as tf.Tensor),
      buffers,
    }),
  };
  const train: Dataset = {
    size: 20,
    batch: (indices) => ({
      inputs: {
        x: tf.tensor2d(Array.from(indices, (i) => [i / 20])),
        mask: tf.tensor2d(Array.from(indices, (i) => [0, i < 10 ? -Infinity : 0])),
      },
      targets: tf.tensor1d(Array.from(indices, (i) => i < 10 ? 0 : 1), "int32"),
    }),
  };
  const end = (await events(train, { model, output: softmax() })).at(-1)!;
  assert(end.kind === "finished" && end.refused === 0 && end.train.loss < 0.5 * Math.LN2);
});

Deno.test("fit: where an example is found to be bad late, what was trained is saved first", async () => {
  const problem = { model: mlp([2, 3, 1]), output: mean }, kinds: string[] = [];
  const late = own({ x: but(sound.x, [NaN, 0]) }), train = { ...late, size: SIZE };
  const order = Array.from({ length: 40 }, (_, seed) => seed).find((seed) =>
    // a seed whose first batch is without it
    !Array.from(sampler(SIZE, 20, seed).indices(0)).includes(BAD) && BAD > 0
  )!;
  const optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0.1 });
  await assertRejects(
    async () => {
      for await (const event of fit({ problem, optimizer, data: { train }, steps: 6, batchSize: 20, seed: order })) {
        kinds.push(event.kind);
      }
    },
    DataError,
    `batch([${BAD}]): inputs.x[0, 0] is NaN`,
  );
  assertEquals(kinds.at(-1), "checkpoint");
});

Deno.test("fit: targets are looked at in each batch, as data may make them anew; inputs once", async () => {
  let calls = 0;
  const train: Dataset = {
    size: 20,
    batch: (indices) => ({
      inputs: { x: tf.zeros([indices.length, 2]) },
      targets: tf.tensor1d(Array.from(indices, () => ++calls > 70 ? -1 : 0), "int32"),
    }),
  };
  await assertRejects(
    () => events(train, { output: softmax(), model: mlp([2, 3]) }),
    DataError,
    "targets[0] is -1",
  );
  const times = new Map<number, number>(); // inputs that are others from the third time on, after all of them have been looked at
  const { batch } = own({
    x: (i) => {
      times.set(i, 1 + (times.get(i) ?? 0));
      return times.get(i)! > 2 ? [NaN, 0] : sound.x(i);
    },
  });
  const end = (await events({ size: 20, batch })).at(-1)!;
  assert(end.kind === "finished" && end.refused > 0);
});

onEveryBackend(
  "fit: targets that the output does not take are refused, and are ignored where their weight is 0",
  async () => {
    const wrong: [Output, number, string][] = [
      [gaussian(), NaN, "targets[0, 0] is NaN; give finite numbers"],
      [gaussian(), Infinity, "targets[0, 0] is Infinity; give finite numbers"],
      [bernoulli(), 7, "targets[0, 0] is 7; give probabilities from 0 to 1"],
      [bernoulli(), -1, "targets[0, 0] is -1; give probabilities from 0 to 1"],
    ];
    for (const [output, bad, message] of wrong) {
      const targets = but(sound.targets, [bad]), weights = but(() => 1, 0);
      await refused(own({ targets }), own({}), message, { output });
      const [ignored, zero] = [
        await events(own({ targets, weights }), { output }),
        await events(own({ weights }), { output }),
      ];
      assertEquals(lossOf(ignored), lossOf(zero));
    }
    const pairs = (i: number): Row => i % 2 ? [0.25, 0.75] : [1, 0], model = mlp([2, 3, 2]), output = softmax();
    for (const [bad, message] of [[[1, 1], "the sum of targets[0] is 2"], [[2, -1], "targets[0, 0] is 2"]] as const) {
      await refused(own({ targets: but(pairs, bad) }), own({ targets: pairs }), message, { output, model });
    }
  },
);

const lossOf = (all: readonly FitEvent[]): number => {
  const end = all.at(-1)!;
  assert(end.kind === "finished" && Number.isFinite(end.train.loss) && end.refused === 0);
  return end.train.loss;
};

onEveryBackend("fit: weights that are negative, not finite or all 0 are refused", async () => {
  for (const bad of [-1, NaN, Infinity]) {
    const message = `weights[0] is ${bad}; give finite numbers from 0`;
    await refused(own({ weights: but(() => 1, bad) }), own({ weights: () => 1 }), message);
  }
  const none = own({ weights: () => 0 }), some = own({ weights: (i) => i < 50 ? 0 : 1 });
  for (const [part, train, test] of [["training", none, undefined], ["test", some, none]] as const) {
    const message = `${part} data: all weights are 0, so that no example counts`;
    await assertRejects(() => events(train, { test }), UserError, message);
  }
  lossOf(await events(some, { test: some })); // a batch in which nothing counts is none of this
});

Deno.test("rows: numbers that float32 does not hold are refused with their place", () => {
  for (const bad of [NaN, Infinity, 1e39, undefined as unknown as number]) {
    const table = [[1, 2], [3, bad]], good = [[1, 2], [3, 4]];
    assertThrows(() => rows({ inputs: table, targets: good }), UserError, `rows: inputs[1][1] is ${bad}; give finite`);
    assertThrows(() => rows({ inputs: good, targets: table }), UserError, `rows: targets[1][1] is ${bad}; give finite`);
  }
});

const words = (i: number): Row => [i % 5, (3 * i) % 5];

onEveryBackend(
  "fit: a row number that the table of an embedding does not have is refused, and the example is named",
  async () => {
    const model = network(series([embedding({ entries: 5, size: 3 }), flatten(), dense({ units: 1 })]), [2]);
    for (const bad of [5, -1, 1e6, 0.5]) {
      const message = `inputs.x[0, 1] is ${bad}, but the table "embedding1/table" has 5 entries, 0 to 4`;
      await refused(own({ x: but(words, [1, bad]) }), own({ x: words }), message, { model });
    }
    const trained = await events(own({ x: words }), { model, test: own({ x: words }) });
    lossOf(trained);
    assert(!trained.some(({ kind }) => kind === "uncaptured"), "to look at numbers is no reading back");
  },
);

onEveryBackend(
  "a row number that the network makes itself is refused where it is on the host, and else is NaN",
  async () => {
    const shifted: Module = {
      kind: "shifted",
      build: (site, input) => {
        const inner = site.child("words", embedding({ entries: 5, size: 3 }), input);
        return { output: inner.output, apply: (pass, x) => inner.apply(pass, tf.add(x, 1)) };
      },
    };
    const model = network(series([shifted, flatten(), dense({ units: 1 })]), [2]);
    const train = own({ x: but(() => [0, 3], [0, 4]) });
    if (tf.getBackend() !== "webgpu") {
      await assertRejects(
        () => events(train, { model }),
        UserError,
        '1] is 5, but the table "shifted1/words/table" has 5',
      );
      return;
    }
    const end = (await events(train, { model })).at(-1)!; // 6 steps are two epochs: the example is in two of the batches
    assert(end.kind === "finished" && end.refused === 2 && Number.isNaN(end.train.loss));
  },
);
