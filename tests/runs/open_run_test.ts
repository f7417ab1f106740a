import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, UserError } from "../../mod.ts";
import { type InputValues, type NamedInputs, openRun } from "../../runs/mod.ts";
import { flatten } from "../../runtime/tree.ts";
import { digitImages } from "../../data/digit_images.ts";
import { inputTree } from "../../runs/predict_inputs.ts";
import { call, ended, inFolder, start } from "../cli/command.ts";

async function quietly(...args: string[]): Promise<void> {
  assertEquals(await call(...args, "--quiet"), { code: 0, stdout: "", stderr: "" });
}

const pixels = (images: { pixels: Uint8Array }, i: number) =>
  Array.from(images.pixels.subarray(784 * i, 784 * (i + 1)), (pixel) => pixel / 255);

Deno.test("openRun: configuration, metrics, summary, parameters, and predictions as good as the summary says", () =>
  inFolder(async (folder) => {
    const flags = ["--hidden=16", "--batch-size=32", "--steps=60", "--eval-every=30", "--backend=wasm"];
    await quietly(...flags, "--checkpoint-every=7", `--out=${folder}/run`);
    const run = await openRun(`${folder}/run`);
    assertEquals(run.config.modelChoice, { hidden: [16], activation: "relu" });
    assertEquals(run.step, 60);
    assertEquals(run.metrics.map(({ step }) => step), [1, 10, 20, 30, 40, 50, 60]);
    assertEquals(run.summary?.steps, 60);
    assertEquals(
      Object.fromEntries(Object.entries(run.params).map(([name, { shape }]) => [name, shape])),
      { "dense1/kernel": [784, 16], "dense1/bias": [16], "dense2/kernel": [16, 10], "dense2/bias": [10] },
    );

    const { test } = await digitImages();
    const tensors = tf.memory().numTensors;
    const logits = await run.predict(Array.from(test.labels, (_, i) => pixels(test, i)));
    const right = logits.filter((row, i) => row.indexOf(Math.max(...row)) === test.labels[i]).length;
    assertAlmostEquals(right / test.labels.length, run.summary?.testAccuracy as number, 1e-6);

    await chooseBackend("cpu"); // another backend rounds differently and agrees all the same
    const [again] = await run.predict([pixels(test, 0)]);
    again.forEach((z, i) => assertAlmostEquals(z, logits[0][i], 1e-3));
    assertEquals(await run.predict([]), []);
    assertEquals(tf.memory().numTensors, tensors, "no tensor is held between calls");
  }));

Deno.test("openRun: the autoencoder paints; the parameters are those of the checkpoint", () =>
  inFolder(async (folder) => {
    const flags = ["--task=mnist-autoencoder", "--hidden=8,3", "--batch-size=16", "--steps=2", "--backend=wasm"];
    await quietly(...flags, "--optimizer=adam", `--out=${folder}/run`);
    const run = await openRun(`${folder}/run`);
    const message = `${folder}/run has no subwords.json: it has not learned to translate`;
    await assertRejects(() => run.translate(["Ja."]), UserError, message);
    const [image] = await run.predict([new Array(784).fill(0)]);
    assertEquals(image.length, 784);
    assert(image.every(Number.isFinite));
    assertEquals(run.params["dense2/kernel"].shape, [8, 3]);
  }));

Deno.test("openRun: inputs that cannot be are refused by name", () =>
  inFolder(async (folder) => {
    await quietly("--hidden=4", "--batch-size=8", "--steps=1", "--backend=cpu", `--out=${folder}/run`);
    const run = await openRun(`${folder}/run`), tensors = tf.memory().numTensors;
    for (const x of [[[1, 2, 3]], [new Array(784).fill(0), [1]], [new Array(784).fill(NaN)], [[]]]) {
      const error = await assertRejects(() => run.predict(x), UserError);
      assert(!error.message.includes("\n"));
    }
    assertEquals(tf.memory().numTensors, tensors);
  }));

Deno.test("openRun: predicts for lists, typed arrays and tensors, named or not, and says what fits", () =>
  inFolder(async (folder) => {
    await quietly("--hidden=4", "--batch-size=8", "--steps=1", "--backend=cpu", `--out=${folder}/run`);
    const run = await openRun(`${folder}/run`), { test } = await digitImages(), tensors = tf.memory().numTensors;
    const two = [pixels(test, 0), pixels(test, 1)], expected = await run.predict(two);
    assertEquals([expected.length, expected[0].length], [2, 10]);
    const x = tf.tensor2d(two);
    for (
      const inputs of [two.map((row) => Float32Array.from(row)), Float32Array.from(two.flat()), x, { x }, { x: two }]
    ) {
      assertEquals(await run.predict(inputs), expected);
    }
    x.dispose();
    const takes = "; it takes x: float32 [rows, 784]";
    const wrong: [InputValues | NamedInputs, string][] = [
      [[[1, 2, 3]], "the model does not take x: float32 [1, 3]: "],
      [[1, 2, 3], `x has the shape [3]${takes}`],
      [[two[0], two[1].slice(1)], `x[1] has 783 entries, and the first of its kind 784${takes}`],
      [[two[0].with(5, NaN)], `x[0][5] is NaN, not a finite number${takes}`],
      [new Float32Array(785), `x has 785 numbers, which are no whole rows${takes}`],
      [{ pixels: two }, `there is no input "pixels"${takes}`],
      [{}, `the input "x" is missing${takes}`],
    ];
    for (const [inputs, message] of wrong) {
      const error = await assertRejects(() => run.predict(inputs), UserError, `predict: ${message}`);
      assert(error.message.endsWith(takes) && !error.message.includes("\n"), error.message);
    }
    assertEquals(tf.memory().numTensors, tensors);
  }));

Deno.test("predict's inputs: any rank, several, in groups, whole numbers", async () => {
  await chooseBackend("cpu");
  const kinds = {
    image: { dtype: "float32", shape: [2, 2, 3] },
    "text.tokens": { dtype: "int32", shape: [4] },
    "text.length": { dtype: "int32", shape: [] },
  } as const;
  const image = Array.from({ length: 2 }, (_, n) => [[[n, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]);
  const text = { tokens: [[1, 2, 3, 4], [5, 6, 7, 8]], length: [4, 2] };
  tf.tidy(() => {
    for (
      const length of [
        text.length,
        Int32Array.from(text.length),
        Uint8Array.from(text.length),
        tf.tensor1d([4, 2], "int32"),
      ]
    ) {
      const found = flatten(inputTree({ image, text: { ...text, length } }, kinds));
      const values = Object.entries(found).map(([path, tensor]) => [path, tensor.dtype, tensor.arraySync()]);
      assertEquals(values, [
        ["image", "float32", image],
        ["text.tokens", "int32", text.tokens],
        ["text.length", "int32", text.length],
      ]);
    }
    const flat = inputTree({ image: Float32Array.from(image.flat(3)), text }, kinds);
    assertEquals((flat.image as tf.Tensor).arraySync(), image);
    const takes =
      "it takes image: float32 [rows, 2, 2, 3] and text.tokens: int32 [rows, 4] and text.length: int32 [rows]";
    const wrong: [InputValues | NamedInputs, string][] = [
      [image, "these are the values of one input"],
      [{ image }, 'the input "text.tokens" is missing'],
      [{ image, text: { ...text, length: [4, 1.5] } }, "text.length[1] is 1.5, not a whole number"],
      [{ image, text: { ...text, length: [4, [1]] } }, "text.length[1] is a list, and others in its place are numbers"],
      [{ image, text: { ...text, tokens: [[1], 2] } }, "text.tokens[1] is a number, and others in its place are lists"],
      [{ image, text: { ...text, length: tf.tensor1d([4, 2]) } }, "text.length is float32"],
      [
        { image, text: { ...text, length: [4] } },
        "the numbers of rows differ, 2 of image, 2 of text.tokens, 1 of text.length",
      ],
    ];
    for (const [inputs, message] of wrong) {
      assertThrows(() => inputTree(inputs, kinds), UserError, `predict: ${message}; ${takes}`);
    }
  });
});

Deno.test("openRun: an unfinished run has no summary, one without a checkpoint cannot be opened", () =>
  inFolder(async (folder) => {
    const child = await start("--steps=100000", "--hidden=4", "--batch-size=8", "--backend=cpu", `--out=${folder}/run`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let i = 0; i < 3000 && !await Deno.stat(`${folder}/run/config.json`).catch(() => undefined); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill("SIGKILL");
    await ended(child);
    await Deno.remove(`${folder}/run/checkpoint.safetensors`).catch(() => {}); // a slow machine may have written one
    await assertRejects(() => openRun(`${folder}/run`), UserError, "let `deno task train` go on with it, resume=");

    await quietly("--task=rosenbrock", "--steps=9", "--backend=cpu", `--out=${folder}/extended`);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/extended/config.json`));
    config.settings.steps = 50; // as --resume --steps=50 writes it down before it trains
    await Deno.writeTextFile(`${folder}/extended/config.json`, JSON.stringify(config));
    const run = await openRun(`${folder}/extended`);
    assertEquals([run.step, run.summary], [9, undefined], "the summary is of the shorter run");
    await Deno.remove(`${folder}/extended/summary.json`);
    assertEquals((await openRun(`${folder}/extended`)).summary, undefined);
  }));

Deno.test("openRun: folders that are no runs", () =>
  inFolder(async (folder) => {
    await assertRejects(() => openRun(`${folder}/nowhere`), UserError, `${folder}/nowhere`);
    await assertRejects(() => openRun(folder), UserError, folder);
    await quietly("--task=rosenbrock", "--steps=3", "--backend=cpu", `--out=${folder}/run`);
    await Deno.writeTextFile(`${folder}/run/checkpoint.safetensors`, "garbage");
    await assertRejects(() => openRun(`${folder}/run`), UserError, `${folder}/run/checkpoint.safetensors`);
  }));
