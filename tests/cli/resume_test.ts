import type * as tf from "@tensorflow/tfjs";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { openRun } from "../../runs/mod.ts";
import { tasks } from "../../tasks/mod.ts";
import { disposeBatch } from "../../data/dataset.ts";
import { decode, encode } from "../../runs/safetensors.ts";
import { gzip, idxFile } from "../data/idx_files.ts";
import { writeTables } from "../data/uci_files.ts";
import { call, contents, ended, fileNames, inFolder, start } from "./command.ts";

const digits = ["--hidden=16", "--batch-size=32"];
const same = ["checkpoint.safetensors", "config.json", "metrics.jsonl"];

async function quietly(...args: string[]): Promise<void> {
  assertEquals(await call(...args, "--quiet"), { code: 0, stdout: "", stderr: "" });
}

function assertSameRun(folder: string, other: string, what = ""): void {
  const [a, b] = [contents(folder), contents(other)];
  for (const file of same) assertEquals(a[file], b[file], `${what} ${file}`);
}

/** Waits for what is in a run's folder. */
async function until(folder: string, ready: (files: string[], metrics: string) => boolean): Promise<void> {
  for (const begin = Date.now(); Date.now() - begin < 60_000;) {
    const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
    const metrics = await Deno.readTextFile(`${folder}/metrics.jsonl`).catch(() => "");
    if (ready(files, metrics)) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${folder} was not ready within a minute`);
}

const linesAtLeast = (count: number) => (_: string[], metrics: string) => metrics.split("\n").length > count;

/** When a process is killed: before it saved anything, between two checkpoints, and amidst them. */
const moments = {
  "before the first checkpoint": { every: 1000, ready: linesAtLeast(5) },
  "between checkpoints": {
    every: 10,
    ready: (files: string[], metrics: string) =>
      files.includes("checkpoint.safetensors") && linesAtLeast(13)(files, metrics),
  },
  "while a checkpoint is written": {
    every: 1,
    ready: (files: string[], metrics: string) =>
      files.includes(".checkpoint.safetensors.part") && linesAtLeast(3)(files, metrics),
  },
};

for (const [when, { every, ready }] of Object.entries(moments)) {
  for (const backend of ["wasm", "cpu"]) {
    if (backend === "cpu" && every !== 10) continue; // the moments are the same; the bits are what could differ
    Deno.test(`train --resume after kill -9 ${when} (${backend}): the bits of a run left alone`, () =>
      inFolder(async (folder) => {
        const flags = [...digits, "--log-every=1", "--eval-every=20", `--backend=${backend}`];
        const given = [...flags, "--steps=60", `--checkpoint-every=${every}`];
        const child = await start(...given, `--out=${folder}/killed`);
        await until(`${folder}/killed`, ready);
        child.kill("SIGKILL");
        await ended(child);
        assert(!fileNames(`${folder}/killed`).includes("summary.json"), "killed in time");

        await quietly(`--resume=${folder}/killed`);
        await quietly(...given, `--out=${folder}/alone`);
        assertSameRun(`${folder}/killed`, `${folder}/alone`);
        assertEquals(fileNames(`${folder}/killed`), fileNames(`${folder}/alone`), "no part is left");
      }));
  }
}

Deno.test("train --resume with more steps: the bits of a run that was longer from the start", () =>
  inFolder(async (folder) => {
    const optimizers: Record<string, string[]> = {
      sgd: [],
      momentum: ["--weight-decay=0.01"],
      rmsprop: ["--clip=1"],
      adam: [],
      "apo-momentum": ["--every=4", "--schedule=constant"],
      "apo-adam": ["--meta-optimizer=rmsprop"],
      "apo-per-block": ["--meta-batch-size=16", "--schedule=constant"],
      "apo-diagonal": ["--meta-steps=2"],
      "apo-kfac": ["--block-size=4", "--schedule=constant"],
      "apo-kfac-paper": ["--block-size=4"],
      "apo-full": [],
    };
    for (const [name, more] of Object.entries(optimizers)) {
      const task = name === "apo-momentum" ? digits : ["--task=ill-conditioned", "--batch-size=16"];
      const flags = [...task, `--optimizer=${name}`, ...more, "--log-every=3", "--backend=wasm"];
      await quietly(...flags, "--steps=7", `--out=${folder}/${name}`);
      await quietly(`--resume=${folder}/${name}`, "--steps=13"); // 7 is no multiple of K, so state between meta steps counts
      await quietly(`--resume=${folder}/${name}`, "--steps=20");
      await quietly(...flags, "--steps=20", `--out=${folder}/${name}-alone`);
      assertSameRun(`${folder}/${name}`, `${folder}/${name}-alone`, name);
    }
  }));

Deno.test("train --holdout: other test data, and less to train on; --resume keeps them", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--backend=wasm", "--optimizer=adam", "--log-every=2", "--eval-every=5", "--holdout=0.2"];
    await quietly(...flags, "--steps=10", `--out=${folder}/run`);
    await quietly(`--resume=${folder}/run`, "--steps=20");
    await quietly(...flags, "--steps=20", `--out=${folder}/alone`);
    assertSameRun(`${folder}/run`, `${folder}/alone`);
    assertEquals(JSON.parse(Deno.readTextFileSync(`${folder}/run/config.json`)).holdout, 0.2);
    await quietly(...flags.slice(0, -1), "--steps=20", `--out=${folder}/whole`);
    const [held, whole] = ["alone", "whole"].map((run) => Deno.readTextFileSync(`${folder}/${run}/metrics.jsonl`));
    assertNotEquals(held, whole);
    assertEquals("holdout" in JSON.parse(Deno.readTextFileSync(`${folder}/whole/config.json`)), false);
  }));

Deno.test("train --label-noise: other labels to train on, right ones to test on, in config.json; --resume keeps them", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--backend=wasm", "--optimizer=adam", "--lr=0.005", "--log-every=2", "--eval-every=5"];
    await quietly(...flags, "--label-noise=0.4", "--steps=10", `--out=${folder}/run`);
    await quietly(`--resume=${folder}/run`, "--steps=200");
    await quietly(...flags, "--label-noise=0.4", "--steps=200", `--out=${folder}/alone`);
    assertSameRun(`${folder}/run`, `${folder}/alone`);
    const json = (file: string) => JSON.parse(Deno.readTextFileSync(`${folder}/${file}`));
    assertEquals(json("run/config.json").labelNoise, 0.4);
    // A network cannot know which labels are wrong: at best 0.6 of probability on the label, the rest spread over nine classes.
    const { trainLoss, testAccuracy } = json("run/summary.json"), best = -0.6 * Math.log(0.6) - 0.4 * Math.log(0.4 / 9);
    assert(trainLoss > 0.9 * best, `training loss ${trainLoss} on noisy labels, at best ${best}`);
    assert(testAccuracy > 0.6, `test accuracy ${testAccuracy}: more than the share of right labels`);
    await quietly(...flags, "--steps=200", `--out=${folder}/clean`);
    assertEquals("labelNoise" in json("clean/config.json"), false);
    assert(json("clean/summary.json").trainLoss < 0.6 * trainLoss);
    assertEquals((await openRun(`${folder}/run`)).config, json("run/config.json"));
  }));

Deno.test("train --resume of a run that is done: says how to go on, as its schedule allows", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--backend=wasm", "--optimizer=sgd", "--lr=0.01", "--steps=5"];
    for (const schedule of ["constant", "linear"]) {
      const run = `${folder}/${schedule}`;
      await quietly(...flags, `--schedule=${schedule}`, `--out=${run}`);
      const { code, stdout } = await call(`--resume=${run}`);
      assertEquals(code, 0);
      assertEquals(stdout.includes("--steps=10"), schedule === "constant", stdout);
      const more = await call(`--resume=${run}`, "--steps=10", "--quiet");
      assertEquals(more.code, schedule === "constant" ? 0 : 2, more.stderr);
    }
  }));

Deno.test("train --task=uci-…: the test error is that of the opened run's predictions; --resume finds the data again", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await writeTables(`${folder}/data`);
    for (const name of ["uci-protein", "uci-parkinsons", "uci-slice"]) {
      const flags = [`--task=${name}`, `--data=${folder}/data`, "--backend=wasm", "--hidden=8,4", "--batch-size=10"];
      flags.push("--schedule=constant"); // a run with a horizon cannot get another
      await quietly(...flags, "--steps=6", `--out=${folder}/${name}`);
      await quietly(`--resume=${folder}/${name}`, "--steps=12");
      await quietly(...flags, "--steps=12", `--out=${folder}/${name}-alone`);
      assertSameRun(`${folder}/${name}`, `${folder}/${name}-alone`, name);

      const { predict, summary } = await openRun(`${folder}/${name}`);
      const { test } = await tasks.find((task) => task.name === name)!.load(`${folder}/data`),
        scale = test!.targetScale!;
      const batch = test!.batch([...Array(test!.size).keys()]);
      const predicted = await predict((batch.inputs.x as tf.Tensor2D).arraySync()), right = batch.targets.dataSync();
      disposeBatch(batch);
      const squares = predicted.map(([y], i) => (scale * (y - right[i])) ** 2);
      const rmse = Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length);
      assertAlmostEquals(summary!.testRmse as number, rmse, 1e-4 * rmse);
    }
  }));

Deno.test("train --resume: what a killed process leaves behind the checkpoint is no obstacle", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--backend=wasm", "--optimizer=adam", "--log-every=2"];
    await quietly(...flags, "--steps=30", `--out=${folder}/alone`);
    const left: Record<string, (run: string) => void> = {
      "half a line": (run) => append(`${run}/metrics.jsonl`, '{"step":16,"lo'),
      "whole lines": (run) => append(`${run}/metrics.jsonl`, '{"step":16,"loss":7}\n{"step":18,"loss":7}\n'),
      "parts of files": (run) => {
        Deno.writeTextFileSync(`${run}/.checkpoint.safetensors.part`, "half a checkpoint ".repeat(20_000));
        Deno.writeTextFileSync(`${run}/.config.json.part`, "{");
        Deno.writeTextFileSync(`${run}/.summary.json.part`, "{");
        Deno.writeTextFileSync(`${run}/.curves.svg.part`, "<svg");
      },
      "no end of it": (run) => { // killed after the last checkpoint, before summary and picture
        Deno.removeSync(`${run}/summary.json`);
        Deno.removeSync(`${run}/curves.svg`);
      },
    };
    for (const [what, leave] of Object.entries(left)) {
      const run = `${folder}/${what}`;
      await quietly(...flags, "--steps=15", `--out=${run}`);
      leave(run);
      await quietly(`--resume=${run}`, "--steps=30");
      assertSameRun(run, `${folder}/alone`, what);
      assertEquals(fileNames(run), fileNames(`${folder}/alone`), what);
    }
  }));

const append = (path: string, text: string) => Deno.writeTextFileSync(path, text, { append: true });

Deno.test("train --resume of a finished run: nothing changes", () =>
  inFolder(async (folder) => {
    await quietly("--task=rosenbrock", "--steps=20", "--backend=cpu", `--out=${folder}/run`);
    const before = contents(`${folder}/run`);
    await quietly(`--resume=${folder}/run`);
    assertEquals(contents(`${folder}/run`), before, "not even summary.json, which knows how long it took");
  }));

// Killed after the last checkpoint and before the end was written down: the summary of the shorter run is not its own.
Deno.test("train --resume: an extension killed at its very end still gets its summary and picture", () =>
  inFolder(async (folder) => {
    const flags = ["--task=rosenbrock", "--backend=cpu", "--steps=20"];
    await quietly(...flags, `--out=${folder}/run`);
    const short = contents(`${folder}/run`);
    await quietly(`--resume=${folder}/run`, "--steps=40");
    const long = contents(`${folder}/run`);
    assertEquals(JSON.parse(new TextDecoder().decode(long["summary.json"])).fromStep, 20);
    for (const name of ["summary.json", "curves.svg"]) Deno.writeFileSync(`${folder}/run/${name}`, short[name]);
    await quietly(`--resume=${folder}/run`);
    const { steps, fromStep } = JSON.parse(Deno.readTextFileSync(`${folder}/run/summary.json`));
    assertEquals([steps, fromStep], [40, 40]);
    assertEquals(contents(`${folder}/run`)["curves.svg"], long["curves.svg"]);
  }));

Deno.test("train --resume: other flags, fewer steps, another horizon of a schedule are refused", () =>
  inFolder(async (folder) => {
    await quietly("--task=rosenbrock", "--steps=20", "--backend=cpu", `--out=${folder}/run`);
    const flags = ["--optimizer=adam", "--schedule=cosine", "--steps=20", "--backend=cpu", `--out=${folder}/cosine`];
    await quietly("--task=rosenbrock", ...flags);
    const wrong: [run: string, flag: string][] = [
      ...["--lr=0.1", "--seed=0", "--task=mnist", "--backend=wasm", "--out=elsewhere", "--epochs=3", "--log-every=1"]
        .map((flag): [string, string] => ["run", flag]),
      ["run", "--steps=19"],
      ["cosine", "--steps=30"],
    ];
    for (const [run, flag] of wrong) {
      const before = contents(`${folder}/${run}`);
      const { code, stdout, stderr } = await call(`--resume=${folder}/${run}`, flag);
      assertEquals([code, stdout], [2, ""], flag);
      assertMatch(stderr, /^[^\n]+\n$/);
      assertStringIncludes(stderr, flag.split("=")[0]);
      assertEquals(contents(`${folder}/${run}`), before, flag);
    }
  }));

/** Ways in which files of a run can be wrong. Each returns nothing and changes the run. */
function damages(foreign: string): Record<string, (run: string) => void> {
  type Header = { metadata: Record<string, string>; arrays: ReturnType<typeof decode>["arrays"] };
  const bytesOf = (run: string) => Deno.readFileSync(`${run}/checkpoint.safetensors`);
  const write = (run: string, bytes: Uint8Array) => Deno.writeFileSync(`${run}/checkpoint.safetensors`, bytes);
  const cut = (keep: (length: number) => number) => (run: string) => {
    const bytes = bytesOf(run);
    write(run, bytes.subarray(0, keep(bytes.length)));
  };
  const flip = (at: (length: number) => number) => (run: string) => {
    const bytes = bytesOf(run);
    bytes[at(bytes.length)] ^= 1;
    write(run, bytes);
  };
  /** Written anew without its checksum's knowledge: a well-formed file with other contents. */
  const edit = (change: (header: Header) => void) => (run: string) => {
    const { arrays, metadata } = decode(bytesOf(run));
    const copy = { arrays: { ...arrays }, metadata: { ...metadata } };
    change(copy);
    write(run, encode(copy.arrays, copy.metadata));
  };
  const metrics = (change: (text: string) => string) => (run: string) =>
    Deno.writeTextFileSync(`${run}/metrics.jsonl`, change(Deno.readTextFileSync(`${run}/metrics.jsonl`)));
  return {
    "an empty file": cut(() => 0),
    "a few bytes": cut(() => 5),
    "a part of the header": cut(() => 40),
    "half of the file": cut((n) => n >> 1),
    "all but one byte": cut((n) => n - 1),
    "bytes at the end": (run) => write(run, new Uint8Array([...bytesOf(run), 0])),
    "a flipped bit in the length": flip(() => 0),
    "a flipped bit in the header": flip(() => 30),
    "a flipped bit in the arrays": flip((n) => n - 5),
    "text": (run) => write(run, new TextEncoder().encode("to whom it may concern\n".repeat(50))),
    "another program's file": (run) =>
      write(run, encode({ w: { dtype: "F32", shape: [1], data: new Float32Array(1) } }, { format: "pt" })),
    "no configuration in it": edit(({ metadata }) => delete metadata.config),
    "a configuration that is none": edit(({ metadata }) => metadata.config = "null"),
    "a step before the first": edit(({ metadata }) => metadata.step = "-3"),
    "no step": edit(({ metadata }) => metadata.step = ""),
    "an array less": edit(({ arrays }) => delete (arrays as Record<string, unknown>)[Object.keys(arrays)[0]]),
    "another run's checkpoint": (run) => Deno.copyFileSync(foreign, `${run}/checkpoint.safetensors`),
    "a folder in its place": (run) => {
      Deno.removeSync(`${run}/checkpoint.safetensors`);
      Deno.mkdirSync(`${run}/checkpoint.safetensors`);
    },
    "no checkpoint, though the run has finished": (run) => Deno.removeSync(`${run}/checkpoint.safetensors`),
    "no metrics": (run) => Deno.removeSync(`${run}/metrics.jsonl`),
    "metrics that are too short": metrics((text) => text.slice(0, -30)),
    "metrics that are not JSON": metrics((text) => `#${text.slice(1)}`),
  };
}

/** Contents of the files at any depth of one: a folder in a file's place counts as empty. */
const state = (run: string) =>
  Object.fromEntries(
    fileNames(run).map((name) => {
      const path = `${run}/${name}`;
      return [name, Deno.statSync(path).isFile ? Deno.readFileSync(path) : null];
    }),
  );

Deno.test("train --resume: damaged and foreign files are refused in one line and left untouched", () =>
  inFolder(async (folder) => {
    const flags = ["--optimizer=adam", "--hidden=4", "--batch-size=8", "--steps=12", "--log-every=3", "--backend=wasm"];
    await quietly(...flags, `--out=${folder}/good`);
    await quietly(...flags, "--seed=1", `--out=${folder}/foreign`);
    const files = damages(`${folder}/foreign/checkpoint.safetensors`);
    for (const [what, damage] of Object.entries(files)) {
      const run = `${folder}/${what}`;
      Deno.mkdirSync(run);
      for (const name of fileNames(`${folder}/good`)) Deno.copyFileSync(`${folder}/good/${name}`, `${run}/${name}`);
      damage(run);
      const before = state(run);
      assertNotEquals(before, state(`${folder}/good`), what);
      const { code, stdout, stderr } = await call(`--resume=${run}`, "--steps=15", "--quiet");
      assertEquals([code, stdout], [2, ""], `${what}: ${stderr}`);
      assertMatch(stderr, /^[^\n]+\n$/, what);
      assertStringIncludes(stderr, run, what);
      assertEquals(state(run), before, `${what}: untouched`);
    }
  }));

// Two processes that append to the same metrics would end with neither run's bits.
Deno.test("train: one folder, one process", () =>
  inFolder(async (folder) => {
    const flags = [...digits, "--log-every=1", "--steps=100000", "--schedule=constant", "--backend=wasm"];
    const child = await start(...flags, `--out=${folder}/run`);
    try {
      await until(`${folder}/run`, linesAtLeast(3));
      const second = await start(`--resume=${folder}/run`, "--steps=100001");
      const patience = setTimeout(() => second.kill("SIGKILL"), 30_000);
      const resumed = await ended(second);
      clearTimeout(patience);
      assertEquals([resumed.code, resumed.stdout], [2, ""]);
      assertMatch(resumed.stderr, /^[^\n]+\n$/);
      assertStringIncludes(resumed.stderr, `${folder}/run`);
      assertEquals(JSON.parse(Deno.readTextFileSync(`${folder}/run/config.json`)).settings.steps, 100000);
    } finally {
      child.kill("SIGKILL");
      await ended(child);
    }
  }));

Deno.test("train: of runs that start together for one folder, one gets it", () =>
  inFolder(async (folder) => {
    const children = await Promise.all([1, 2, 3].map((seed) =>
      start("--task=rosenbrock", "--backend=cpu", "--steps=30", "--quiet", `--seed=${seed}`, `--out=${folder}/run`)
    ));
    const results = await Promise.all(children.map(ended));
    assertEquals(
      results.map(({ code }) =>
        code
      ).sort(),
      [0, 2, 2],
      results.map(({ stderr }) => stderr).join(""),
    );
    for (const { code, stderr } of results) {
      if (code === 0) continue;
      assertMatch(stderr, /^[^\n]+\n$/);
      assertStringIncludes(stderr, `${folder}/run`);
    }
    const winner = results.findIndex(({ code }) => code === 0) + 1;
    assertEquals(JSON.parse(Deno.readTextFileSync(`${folder}/run/config.json`)).seed, winner);
    await quietly("--task=rosenbrock", "--backend=cpu", "--steps=30", `--seed=${winner}`, `--out=${folder}/alone`);
    assertSameRun(`${folder}/run`, `${folder}/alone`);
  }));

Deno.test("train --resume: other data are refused, the same ones in another form are not", () =>
  inFolder(async (folder) => {
    const write = async (data: string, size: number, last: number, packed = false) => {
      const pixels = Array.from({ length: size * 784 }, (_, i) => i % 251);
      const labels = Array.from({ length: size }, (_, i) => i === size - 1 ? last : i % 10);
      Deno.mkdirSync(data, { recursive: true });
      for (const part of ["train", "t10k"]) {
        const files = {
          "images-idx3-ubyte": idxFile([size, 28, 28], pixels),
          "labels-idx1-ubyte": idxFile([size], labels),
        };
        for (const [name, bytes] of Object.entries(files)) {
          await Deno.remove(`${data}/${part}-${name}`).catch(() => {});
          const path = packed ? `${data}/${part}-${name}.gz` : `${data}/${part}-${name}`;
          await Deno.writeFile(path, packed ? await gzip(bytes) : bytes);
        }
      }
    };
    const data = `${folder}/data`, run = `${folder}/run`;
    await write(data, 20, 3);
    const flags = [`--data=${data}`, "--hidden=4", "--batch-size=4", "--backend=cpu", "--optimizer=momentum"];
    await quietly(...flags, "--steps=4", `--out=${run}`);
    const { fingerprint } = JSON.parse(Deno.readTextFileSync(`${run}/config.json`));
    assertEquals([fingerprint.sizes, fingerprint.inputs], [[20, 20], { x: { dtype: "float32", shape: [784] } }]);
    const before = contents(run);
    for (
      const [size, last, said] of [[20, 4, "as many, with other contents"], [
        21,
        3,
        "21 examples to train on and 21 to test on now",
      ]] as const
    ) {
      await write(data, size, last);
      const { code, stderr } = await call(`--resume=${run}`, "--steps=8", "--quiet");
      assertEquals(code, 2);
      for (const part of [run, data, "changed since the run began", said, "start a new run"]) {
        assertStringIncludes(stderr, part);
      }
      assertEquals(contents(run), before, "untouched");
    }
    await write(data, 20, 3, true);
    await quietly(`--resume=${run}`, "--steps=8");
    await quietly(...flags, "--steps=8", `--out=${folder}/alone`);
    assertSameRun(run, `${folder}/alone`);
    const config = JSON.parse(Deno.readTextFileSync(`${run}/config.json`)), { sha256 } = config.fingerprint;
    for (const before of [sha256.slice(2), sha256.replace(/^2:/, "1:")]) { // of versions that made it otherwise
      const text = JSON.stringify({ ...config, fingerprint: { ...config.fingerprint, sha256: before } });
      Deno.writeTextFileSync(`${run}/config.json`, text);
      for (const name of ["checkpoint.safetensors", "summary.json", "metrics.jsonl"]) Deno.removeSync(`${run}/${name}`);
      await quietly(`--resume=${run}`);
      assertEquals(
        Deno.readTextFileSync(`${run}/metrics.jsonl`),
        Deno.readTextFileSync(`${folder}/alone/metrics.jsonl`),
      );
    }
  }));
