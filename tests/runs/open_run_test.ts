import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, UserError } from "../../mod.ts";
import { openRun } from "../../runs/mod.ts";
import { digitImages } from "../../data/digit_images.ts";
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
    await assertRejects(() => openRun(`${folder}/run`), UserError, "--resume=");

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
