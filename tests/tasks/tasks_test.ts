import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, fit, type TaskData, UserError } from "../../mod.ts";
import { illConditioned, mnist, rosenbrock, stepsOf, type Task, tasks } from "../../tasks/mod.ts";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { random } from "../../runtime/random.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Choices } from "../../runs/options.ts";
import { plan } from "../../runs/plan.ts";
import { extentOf } from "../../data/batches.ts";
import { disposeBatch } from "../../data/dataset.ts";
import { digitImages } from "../../data/digit_images.ts";
import { digits } from "../../data/digits.ts";
import { illConditionedMatrix } from "../../tasks/ill_conditioned.ts";
import { inference } from "../../models/mode.ts";
import { evaluate } from "../../training/evaluate.ts";
import { idxFile, inFolder } from "../data/idx_files.ts";
import { writeCifar } from "../data/cifar_files.ts";
import { iwsltArchive, writeTexts } from "../data/text/text_files.ts";
import { writeTables } from "../data/uci_files.ts";

await chooseBackend("wasm");

const problemOf = ({ models, output }: Task, model = Object.keys(models)[0]) => ({
  model: models[model].build({}),
  output,
});

Deno.test("tasks: names are unique and made for a command line; defaults name what exists", () => {
  const names = ["mnist", "mnist-autoencoder", "cifar10", "cifar100", "rosenbrock", "ill-conditioned"];
  assertEquals(tasks.map(({ name }) => name), [
    ...[...names, "uci-protein", "uci-parkinsons", "uci-slice"],
    ...["translation", "multi30k", "iwslt14"],
  ]);
  for (const { name, description, models, defaults } of tasks) {
    assert(/^[a-z0-9-]+$/.test(name) && !description.includes("\n"));
    assert(Object.keys(models).every((model) => /^[a-z0-9]+$/.test(model)));
    catalogued(defaults.optimizer);
    assertEquals(Object.keys(defaults.learningRates).sort(), ["adam", "momentum", "rmsprop", "sgd"]);
  }
});

/** Writes files for the tasks that have none built in, or fetch them. */
const writers: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  cifar10: (folder) => writeCifar(folder, "cifar10"),
  cifar100: (folder) => writeCifar(folder, "cifar100"),
  "uci-protein": writeTables,
  "uci-parkinsons": writeTables,
  "uci-slice": writeTables,
  translation: (folder) => writeSentences(folder, "test"),
  multi30k: (folder) => writeSentences(folder, "test_2016_flickr"),
  iwslt14: async (folder) => await Deno.writeFile(`${folder}/de-en.tgz`, await iwsltArchive(SENTENCES)),
};

/** The task's data: built in, or of files that are made up. */
async function load(task: Task): Promise<TaskData> {
  const write = writers[task.name];
  if (write === undefined) return await task.load();
  let data: TaskData | undefined;
  await inFolder(async (folder) => {
    await write(folder);
    data = await task.load(folder);
  });
  return data!;
}

/** A hundred sentences, and what they mean. */
const SENTENCES = {
  de: Array.from({ length: 100 }, (_, i) => `Satz Nummer ${i}: ${"sehr ".repeat(i % 7)}lang.`),
  en: Array.from({ length: 100 }, (_, i) => `Sentence number ${i}: ${"very ".repeat(i % 7)}long.`),
};

async function writeSentences(folder: string, test: string): Promise<void> {
  const parts = ["train", "val", test].flatMap((part) =>
    (["de", "en"] as const).map((language) => [part, language] as const)
  );
  await writeTexts(
    folder,
    Object.fromEntries(parts.map(([part, language]) => [`${part}.${language}`, SENTENCES[language]])),
  );
}

for (const task of tasks) {
  Deno.test(`${task.name}: an example that is not there is refused`, async () => {
    const { train } = await load(task);
    for (const index of [-1, train.size, 0.5]) {
      assertThrows(() => train.batch([index]), UserError, `indices[0] is ${index}`);
    }
  });

  Deno.test(`${task.name}: every model fits the data, and the metrics are finite`, async () => {
    const { train, validation, test, source } = await load(task);
    assert(source.length > 10 && !source.includes("\n"));
    assert(task.name in writers || task.defaults.batchSize <= train.size);
    const tensors = tf.memory().numTensors;
    for (const model of Object.keys(task.models)) {
      const problem = problemOf(task, model);
      for (const dataset of [train, validation, test]) {
        if (dataset === undefined) continue;
        const { params, buffers } = problem.model.init(0);
        const scores = await evaluate(problem, task.metrics, params, buffers, dataset, { examples: Uint32Array.of(0) });
        disposeTree({ params, buffers });
        const values = Object.values(scores);
        assertEquals(Object.keys(scores), ["loss", ...Object.keys(task.metrics)]);
        assert(values.every((value) => Number.isFinite(value) && value >= 0), `${model}: ${values}`);
      }
    }
    assertEquals(tf.memory().numTensors, tensors);
  });

  Deno.test(`${task.name}: a few steps of its default optimizer lower the loss`, async () => {
    const { name, models, defaults } = task;
    const small: Record<string, readonly number[]> = { mnist: [16], "mnist-autoencoder": [32, 8] };
    const problem = { ...problemOf(task), model: Object.values(models)[0].build({ hidden: small[name] }) };
    const settings = { learningRate: 0.01, ...defaults.settings, steps: 12 };
    const optimizer = catalogued(defaults.optimizer).build(problem, settings);
    const { train } = await load(task);
    const { least, all } = extentOf(train), batchSize = Math.min(Math.max(64, least), all), losses: number[] = [];
    for await (const event of fit({ problem, optimizer, data: { train }, steps: 12, batchSize, logEvery: 1 })) {
      if (event.kind === "logged") losses.push(event.metrics.loss);
      if (event.kind === "finished") assertEquals(event.refused, 0);
    }
    assertLess(losses[11], 0.99 * losses[0]);
  });
}

Deno.test("mnist: the test digits are never trained on, are the same in every run, and stratified", async () => {
  const { train, test } = await digitImages();
  assertEquals([train.labels.length, test.labels.length], [9000, 1000]);
  const images = ({ pixels, labels }: typeof train) =>
    Array.from(labels, (_, i) => new TextDecoder("latin1").decode(pixels.subarray(784 * i, 784 * (i + 1))));
  const trained = new Set(images(train));
  assertEquals(images(test).filter((image) => trained.has(image)).length, 0);

  const all = await digits();
  for (let label = 0; label < 10; label++) {
    const count = (labels: Uint8Array) => labels.filter((x) => x === label).length;
    assertEquals(count(train.labels) + count(test.labels), count(all.labels));
    assert(Math.abs(count(test.labels) - count(all.labels) / 10) < 1, `digit ${label}`);
  }
  assertEquals(await digitImages().then(({ test }) => test.labels), test.labels);
});

// The run's seed draws weights and batches, never the split: else no two runs could be compared.
Deno.test("mnist: what is trained on are the training digits, in the task's data as in the split", async () => {
  const { train, test } = await mnist.load();
  const split = await digitImages();
  for (const [dataset, images] of [[train, split.train], [test!, split.test]] as const) {
    assertEquals(dataset.size, images.labels.length);
    const batch = dataset.batch([0, dataset.size - 1]);
    assertEquals([...batch.targets.dataSync()], [images.labels[0], images.labels[dataset.size - 1]]);
    const first = (batch.inputs.x as tf.Tensor).dataSync().slice(0, 784);
    first.forEach((x, i) => assertAlmostEquals(x, images.pixels[i] / 255, 1e-6));
    disposeBatch(batch);
  }
});

Deno.test("ill-conditioned: the matrix has singular values from 1 to 1e-6, evenly on a log scale", async () => {
  for (const seed of [0, 1, 2]) {
    const matrix = illConditionedMatrix(random(seed, "ill-conditioned"));
    assertEquals([matrix.rows, matrix.columns], [10, 6]);
    const { diagonal } = new SingularValueDecomposition(matrix);
    diagonal.forEach((sigma, i) => assertAlmostEquals(Math.log10(sigma), -1.2 * i, 0.03));
    matrix.to2DArray().flat().forEach((x) => assertEquals(x, Math.fround(x)));
  }
  // The data are t = Ax with that A: least squares finds it back.
  const { train } = await illConditioned.load();
  const batch = train.batch(Array.from({ length: train.size }, (_, i) => i));
  const x = new Matrix((batch.inputs.x as tf.Tensor2D).arraySync());
  const t = new Matrix((batch.targets as tf.Tensor2D).arraySync());
  disposeBatch(batch);
  const a = illConditionedMatrix(random(0, "ill-conditioned"));
  const residual = Matrix.sub(t, x.mmul(a.transpose())).norm() / t.norm();
  assertLess(residual, 1e-6);
});

Deno.test("rosenbrock: starts at (−1, 1) with 4, is (1 − x)² + 100 (y − x²)² anywhere, and 0 at (1, 1)", () => {
  tf.tidy(() => {
    const { model, output: { loss } } = problemOf(rosenbrock);
    const { params, buffers } = model.init(0);
    const names = Object.keys(params);
    assertEquals(names.flatMap((name) => [...params[name].dataSync()]), [-1, 1]);
    const at = (point: number[]) => {
      let next = 0;
      const values = Object.fromEntries(names.map((name) => {
        const { size, shape } = params[name];
        return [name, tf.tensor(point.slice(next, next += size), shape)];
      }));
      return loss(model.apply(values, buffers, {}, inference).outputs, tf.zeros([1, 2])).dataSync()[0];
    };
    for (const [x, y] of [[-1, 1], [1, 1], [0, 0], [0.5, -0.25], [-1.5, 2]]) {
      const value = (1 - x) ** 2 + 100 * (y - x * x) ** 2;
      assertAlmostEquals(at([x, y]), value, 1e-5 * (1 + value));
    }
  });
});

// IDX files of another kind of image must not end in a crash of tfjs, or in labels that no output stands for.
Deno.test("mnist: a folder whose images are no 28 × 28 ones of ten classes is refused", () =>
  inFolder(async (folder) => {
    const write = async (side: number, label: number) => {
      for (const part of ["train", "t10k"]) {
        const area = side * side;
        await Deno.writeFile(`${folder}/${part}-images-idx3-ubyte`, idxFile([2, side, side], new Uint8Array(2 * area)));
        await Deno.writeFile(`${folder}/${part}-labels-idx1-ubyte`, idxFile([2], [0, label]));
      }
    };
    await write(28, 9);
    assertEquals((await tasks[0].load(folder)).train.size, 2);
    for (const [side, label] of [[20, 9], [28, 26]]) {
      await write(side, label);
      await assertRejects(() => tasks[0].load(folder), UserError, folder);
    }
  }));

Deno.test("uci: the inputs are all columns but the target and what names a person or tells the answer", () =>
  inFolder(async (folder) => {
    await writeTables(folder);
    const widths: Record<string, number> = { "uci-protein": 9, "uci-parkinsons": 19, "uci-slice": 384 };
    for (const [name, width] of Object.entries(widths)) {
      const { train, test, source } = await tasks.find((task) => task.name === name)!.load(folder);
      const batch = train.batch([0, 1]);
      assertEquals((batch.inputs.x as tf.Tensor).shape, [2, width]);
      assertEquals(batch.targets.shape, [2, 1]);
      disposeBatch(batch);
      assertEquals([train.size, test!.size], [54, 6]);
      assertMatch(source, /^[a-z]+, 60 of \d+,\d+ rows: 54 to train on, 6 to test on$/);
    }
    // The target and what is left out are in no input: whatever they are, the inputs stay.
    const { load } = tasks.find(({ name }) => name === "uci-parkinsons")!, path = `${folder}/parkinsons_updrs.data`;
    const contents = async () => {
      const { train } = await load(folder), batch = train.batch([...Array(54).keys()]);
      const found = { x: [...(batch.inputs.x as tf.Tensor).dataSync()], y: [...batch.targets.dataSync()] };
      disposeBatch(batch);
      return found;
    };
    const before = await contents(), [head, ...lines] = (await Deno.readTextFile(path)).trimEnd().split("\n");
    const changed = (column: string) =>
      lines.map((line, i) => line.split(",").with(head.split(",").indexOf(column), String(i * i)).join(","));
    for (const [column, target] of [["subject#", false], ["motor_UPDRS", false], ["total_UPDRS", true]] as const) {
      await Deno.writeTextFile(path, [head, ...changed(column)].join("\n"));
      const after = await contents();
      assertEquals(after.x, before.x, column);
      assertEquals(JSON.stringify(after.y) !== JSON.stringify(before.y), target, column);
    }
  }));

const EXTENT = { unit: "examples", all: 1000, least: 1, usual: 128 } as const;

Deno.test("a model may have steps of its own", () => {
  const cifar = tasks.find(({ name }) => name === "cifar10")!, computes = { backend: "cpu" } as const;
  assertEquals([stepsOf(cifar, "lenet"), stepsOf(cifar, "resnet")], [4500, 2500]);
  assertEquals(plan({ model: "resnet" }, cifar, EXTENT, computes).settings.steps, 2500);
  assertEquals(plan({ model: "resnet", steps: 7 }, cifar, EXTENT, computes).settings.steps, 7);
});

Deno.test("long runs are evaluated twenty times, short ones every 100 steps", () => {
  const task = tasks[0], computes = { backend: "cpu" } as const;
  const every = (chosen: Choices) => plan(chosen, task, EXTENT, computes).evalEvery;
  assertEquals([100, 2000, 2001, 5000].map((steps) => every({ steps })), [100, 100, 101, 250]);
  assertEquals(every({ steps: 5000, evalEvery: 7 }), 7);
});

Deno.test("where there are no built-in data the remedy is told", async () => {
  const downloads = tasks.flatMap(({ download }) => download ?? []);
  assertEquals(downloads, ["cifar10", "cifar100", "protein", "parkinsons", "slice", "multi30k", "iwslt14"]);
  for (const task of tasks.filter(({ download }) => download !== undefined)) {
    const place = `datasets/${task.download}`;
    await assertRejects(
      () => Promise.resolve().then(() => task.load()),
      UserError,
      `\`deno task data ${task.download}\` downloads them into ${place}, where they are looked for; or give data=${place}`,
    );
  }
});
