import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { UserError } from "../../mod.ts";
import { openRun } from "../../runs/mod.ts";
import { idxFile } from "../data/idx_files.ts";
import { TEXTS, writeTexts } from "../data/text/text_files.ts";
import { autoThreads } from "../runtime/threads/on_threads.ts";
import { call, contents, ended, fileNames, inFolder, run, start } from "./command.ts";

const small = ["--hidden=16", "--batch-size=32", "--backend=wasm"];
const runFiles = ["checkpoint.safetensors", "config.json", "curves.svg", "metrics.jsonl", "summary.json"];
const json = (path: string) => JSON.parse(Deno.readTextFileSync(path));
const lines = (folder: string) =>
  Deno.readTextFileSync(`${folder}/metrics.jsonl`).trimEnd().split("\n").map((line) => JSON.parse(line));

Deno.test("train: a run on real digits prints plain text and leaves the promised folder", () =>
  inFolder(async (folder) => {
    const out = `${folder}/nested/run 1`;
    const { code, stdout, stderr } = await run(...small, "--steps=40", "--eval-every=20", `--out=${out}`);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(fileNames(out), runFiles);

    assertFalse(stdout.includes("\x1b") || stdout.includes("\r"), "no escape codes where nobody watches");
    for (const said of ["first 10,000 training digits", "9,000 to train on", "1,000 to test on", "wasm", "seed 0"]) {
      assertStringIncludes(stdout, said);
    }
    assertMatch(stdout, /^step 20\/40 .*loss [\d.]+ .*accuracy [\d.]+ % .*η [\d.]+ .*steps\/s$/m);
    assertStringIncludes(stdout, `\nEverything is in ${out}\n`);
    for (const file of runFiles) assertMatch(stdout, new RegExp(`^  ${file} +[a-z]`, "m"));
    const report = stdout.slice(stdout.indexOf("training loss"));
    assert(report.split("\n").every((line) => line.length <= 80 || line.includes(out)), "fits a terminal");

    const config = json(`${out}/config.json`);
    assertEquals(
      [config.task, config.model, config.modelChoice, config.optimizer, config.settings.steps, config.seed],
      ["mnist", "mlp", { hidden: [16], activation: "relu" }, "apo-momentum", 40, 0],
    );
    assertEquals([config.batchSize, config.metaBatchSize, config.backend, config.data], [32, 32, "wasm", null]);
    assertEquals(Object.keys(config.versions).sort(), ["apo", "deno", "tfjs", "v8"]);

    const summary = json(`${out}/summary.json`);
    assertEquals([summary.steps, summary.fromStep, summary.backend], [40, 0, "wasm"]);
    assertEquals([summary.refused, summary.metaSkipped], [0, 0]);
    assertMatch(stdout, /^ +skipped meta steps +0$/m);
    for (const key of ["seconds", "stepsPerSecond", "trainLoss", "testLoss", "testAccuracy"]) {
      assert(summary[key] > 0, `${key} ${summary[key]}`);
    }
    assert(summary.testAccuracy > 0.5 && summary.testAccuracy < 1, "40 steps beat guessing by far");
    assertStringIncludes(stdout, `${(100 * summary.testAccuracy).toFixed(1)} %`);

    const metrics = lines(out);
    assertEquals(metrics.map(({ step }) => step), [1, 10, 20, 30, 40]);
    assertEquals(metrics.filter(({ test }) => test).map(({ step }) => step), [20, 40]);
    for (const line of metrics) {
      for (const key of ["loss", "metaLoss", "fsd", "wsd", "metaObjective", "metaGradientNorm", "refused"]) {
        assert(Number.isFinite(line[key]), `${key} of step ${line.step}`);
      }
      assert(line.learned.rate > 0);
    }
    assertEquals(summary.learned, metrics.at(-1).learned);
    assertAlmostEquals(summary.testAccuracy, metrics.at(-1).test.accuracy, 1e-6);

    const svg = Deno.readTextFileSync(`${out}/curves.svg`);
    assertMatch(svg, /^<svg[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const title of ["Loss", "Test accuracy", "Learning rate"]) assertStringIncludes(svg, `>${title}</text>`);
    assertFalse(/NaN|undefined|Infinity/.test(svg));
  }));

Deno.test("train: the same seed gives the same bytes, another seed others", () =>
  inFolder(async (folder) => {
    for (const [name, seed] of [["a", 3], ["b", 3], ["c", 4]]) {
      const flags = [...small, "--steps=15", `--seed=${seed}`, "--quiet", `--out=${folder}/${name}`];
      assertEquals(await call(...flags), { code: 0, stdout: "", stderr: "" });
    }
    const [a, b, c] = ["a", "b", "c"].map((name) => contents(`${folder}/${name}`));
    for (const file of ["config.json", "metrics.jsonl", "checkpoint.safetensors", "curves.svg"]) {
      assertEquals(a[file], b[file], file);
      assert(`${a[file]}` !== `${c[file]}`, `${file} depends on the seed`);
    }
  }));

Deno.test("train --strict: another build of the kernels, written down and kept when the run goes on", () =>
  inFolder(async (folder) => {
    const words = [...small, "--seed=3", "--schedule=constant"],
      losses = (run: string) => Deno.readTextFileSync(`${folder}/${run}/metrics.jsonl`);
    const strict = await run(...words, "--steps=12", "--strict", `--out=${folder}/strict`);
    assertStringIncludes(strict.stdout, `backend  wasm (strict SIMD, ${autoThreads})`);
    assertEquals(json(`${folder}/strict/config.json`).strict, true);
    const relaxed = await run(...words, "--steps=12", `--out=${folder}/relaxed`);
    assertStringIncludes(relaxed.stdout, `backend  wasm (relaxed SIMD, ${autoThreads}`);

    assertEquals((await run(...words, "--steps=6", "--strict", `--out=${folder}/parts`)).code, 0);
    const resumed = await run(`--resume=${folder}/parts`, "--steps=12");
    assertStringIncludes(resumed.stdout, "strict SIMD");
    assertEquals(losses("parts"), losses("strict"));
  }));

Deno.test("train --quiet: the process prints nothing at all", () =>
  inFolder(async (folder) => {
    const done = await run("--task=rosenbrock", "--steps=30", "--quiet", "--backend=cpu", `--out=${folder}/run`);
    assertEquals(done, { code: 0, stdout: "", stderr: "" });
    assertEquals(fileNames(`${folder}/run`), runFiles);
  }));

/** 20 images to train on and 20 to test on. */
async function writeDigits(folder: string): Promise<void> {
  const pixels = Array.from({ length: 20 * 784 }, (_, i) => i % 256);
  for (const part of ["train", "t10k"]) {
    await Deno.writeFile(`${folder}/${part}-images-idx3-ubyte`, idxFile([20, 28, 28], pixels));
    await Deno.writeFile(`${folder}/${part}-labels-idx1-ubyte`, idxFile([20], pixels.slice(0, 20).map((x) => x % 10)));
  }
}

// A path as it was typed means another place to whoever goes on from another folder.
Deno.test("train: --data relative to the working directory, --resume from another one; a run without --out", () =>
  inFolder(async (folder) => {
    const here = Deno.cwd(), data = `${Deno.realPathSync(folder)}/digits`;
    await Deno.mkdir(data);
    await writeDigits(data);
    const done = { code: 0, stdout: "", stderr: "" };
    try {
      Deno.chdir(folder);
      const given = ["--data=digits", "--model=linear", "--schedule=constant", "--backend=cpu", "--steps=2", "--quiet"];
      assertEquals(await call(...given), done);
    } finally {
      Deno.chdir(here);
    }
    const [name, ...others] = fileNames(`${folder}/out`), run = `${folder}/out/${name}`;
    assertMatch(name, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-mnist-apo-momentum$/);
    assertEquals(others, []);
    assertEquals(json(`${run}/config.json`).data, data);
    assertEquals(await call(`--resume=${run}`, "--steps=4", "--quiet"), done);
    assertEquals([json(`${run}/summary.json`).steps, json(`${run}/summary.json`).fromStep], [4, 2]);
  }));

Deno.test("train: rates of blocks are drawn by their median; a run without meta steps has none to skip", () =>
  inFolder(async (folder) => {
    const perBlock = await run(...small, "--steps=20", "--optimizer=apo-per-block", `--out=${folder}/blocks`);
    assertMatch(perBlock.stdout, /^learning rate \(median\)$/m);
    const fixed = await run(...small, "--steps=20", "--optimizer=sgd", `--out=${folder}/fixed`);
    assertMatch(fixed.stdout, /^learning rate$/m);
    assertFalse(fixed.stdout.includes("skipped"));
    assertFalse("metaSkipped" in json(`${folder}/fixed/summary.json`));
  }));

Deno.test("train: every task and optimizer runs from the command line", () =>
  inFolder(async (folder) => {
    const small = ["--backend=wasm", "--steps=3", "--quiet"];
    const runs: Record<string, string[]> = {
      autoencoder: ["--task=mnist-autoencoder", "--hidden=8,3", "--activation=relu", "--batch-size=16"],
      conv: ["--model=conv", "--batch-size=8", "--eval-every=2", "--optimizer=adam", "--schedule=warmup-linear"],
      linear: ["--model=linear", "--batch-size=8", "--optimizer=apo-per-block", "--meta-batch-size=4", "--every=1"],
      diagonal: ["--hidden=4", "--batch-size=8", "--optimizer=apo-diagonal", "--clip=1", "--weight-decay=0.01"],
      kfac: ["--hidden=8", "--batch-size=8", "--optimizer=apo-kfac", "--block-size=16", "--meta-lr=0.01"],
      valley: ["--task=rosenbrock"],
      regression: ["--task=ill-conditioned", "--damping=0.1", "--trust-region=0.01"],
      structured: [
        ...["--task=ill-conditioned", "--optimizer=apo-kfac-paper", "--schedule=cosine"],
        ...["--lambda-fsd=0.3", "--lambda-wsd=0.1", "--meta-steps=2"],
      ],
      paper: ["--hidden=4", "--batch-size=8", "--optimizer=apo-rmsprop", "--meta-optimizer=rmsprop", "--lr=0.001"],
      epochs: ["--hidden=4", "--batch-size=3000", "--optimizer=sgd", "--epochs=1"],
      tiny: ["--hidden=4", "--batch-size=1", "--meta-batch-size=1", "--log-every=1000", "--eval-every=3", "--seed=-1"],
    };
    for (const [name, flags] of Object.entries(runs)) {
      const steps = name === "epochs" ? small.filter((flag) => !flag.startsWith("--steps")) : small;
      assertEquals(
        await call(...steps, ...flags, `--out=${folder}/${name}`),
        { code: 0, stdout: "", stderr: "" },
        name,
      );
      assertEquals(fileNames(`${folder}/${name}`), runFiles, name);
      assertEquals(json(`${folder}/${name}/summary.json`).steps, 3, name);
      assert(Number.isFinite(json(`${folder}/${name}/summary.json`).trainLoss), name);
    }
  }));

Deno.test("train: networks of images are as their flags say, and go on to the bits of a run left alone", () =>
  inFolder(async (folder) => {
    await writeDigits(folder);
    const cases: [model: string, choice: object, kernel: string, shape: number[]][] = [
      ["lenet", {}, "dense1/kernel", [400, 120]],
      ["resnet", { depth: 14, width: 2, shortcut: "B" }, "stage3/block2/conv1/kernel", [3, 3, 8, 8]],
      ["wideresnet", { depth: 10, widen: 2, dropout: 0.3 }, "stage1/block1/shortcut/kernel", [1, 1, 16, 32]],
    ];
    for (const [model, choice, kernel, shape] of cases) {
      const flags = Object.entries(choice).map(([name, value]) => `--${name}=${value}`), out = `${folder}/${model}`;
      const given = [`--model=${model}`, ...flags, `--data=${folder}`, "--optimizer=momentum", "--batch-size=4"];
      const run = (...more: string[]) => call(...more, "--backend=wasm", "--quiet");
      const done = { code: 0, stdout: "", stderr: "" };
      assertEquals(await run(...given, "--steps=4", `--out=${out}-whole`), done);
      assertEquals(await run(...given, "--steps=2", `--out=${out}`), done);
      assertEquals(json(`${out}/config.json`).modelChoice, choice);
      assertEquals(await call(`--resume=${out}`, "--steps=4", "--quiet"), done);
      const { openRun } = await import("../../runs/mod.ts");
      assertEquals((await openRun(out)).params[kernel].shape, shape);
      const [resumed, whole] = [contents(out), contents(`${out}-whole`)];
      for (const file of ["checkpoint.safetensors", "metrics.jsonl"]) assertEquals(resumed[file], whole[file], model);
    }
  }));

// η = 1e30 makes the parameters infinite at the first step: nothing may be lost but the steps.
Deno.test("train: divergence stops after 20 refused steps with exit 3 and says what to do", () =>
  inFolder(async (folder) => {
    const flags = ["--optimizer=sgd", "--lr=1e30", "--steps=100", "--checkpoint-every=5", ...small];
    const { code, stdout, stderr } = await run(...flags, `--out=${folder}/run`);
    assertEquals(code, 3);
    const step = Number(/step (\d+)/.exec(stderr)?.[1]);
    assert(step >= 20 && step <= 22, stderr);
    const inARow = Number(/last (\d+) steps/.exec(stderr)?.[1]);
    assertEquals(inARow, 20);
    assertMatch(stderr, /checkpoint of step \d+/);
    assertMatch(stderr, /smaller learning rate/);
    assertStringIncludes(stderr, `${folder}/run`);
    assertFalse(/\bat .*:\d+:\d+/.test(stderr), "no stack trace");
    assertMatch(stdout, /refused/);
    const refused = lines(`${folder}/run`).map((line) => line.refused);
    assertEquals(refused, refused.toSorted((a, b) => a - b));
    assert(refused.at(-1) >= 19);
    // What remains can be opened: parameters that no refused step has touched.
    const { openRun } = await import("../../runs/mod.ts");
    const opened = await openRun(`${folder}/run`);
    for (const [name, { data }] of Object.entries(opened.params)) assert(data.every(Number.isFinite), name);
  }));

Deno.test("train: Ctrl-C saves, says how to go on, exits 130; going on ends with the bits of a run left alone", () =>
  inFolder(async (folder) => {
    const flags = [...small, "--steps=150", "--log-every=1", "--eval-every=1000"];
    const child = await start(...flags, `--out=${folder}/run`);
    await untilMetrics(`${folder}/run`, 10);
    child.kill("SIGINT");
    const { code, stderr } = await ended(child);
    assertEquals(code, 130);
    const saved = /saved at step (\d+)/.exec(stderr);
    assert(saved, stderr);
    assertMatch(stderr, /deno task (blas )?train --resume=/); // as it was started
    assertStringIncludes(stderr, `${folder}/run`);
    assertEquals(fileNames(`${folder}/run`), ["checkpoint.safetensors", "config.json", "metrics.jsonl"]);
    assertEquals(lines(`${folder}/run`).at(-1).step, Number(saved[1]));

    assertEquals(await call(`--resume=${folder}/run`, "--quiet"), { code: 0, stdout: "", stderr: "" });
    assertEquals((await call(...flags, "--quiet", `--out=${folder}/alone`)).code, 0);
    const [interrupted, alone] = [contents(`${folder}/run`), contents(`${folder}/alone`)];
    for (const file of ["checkpoint.safetensors", "metrics.jsonl", "config.json"]) {
      assertEquals(interrupted[file], alone[file], file);
    }
  }));

// `deno task train | head -1` must not end in a stack trace, nor take the run with it.
Deno.test("train: a reader that goes away", () =>
  inFolder(async (folder) => {
    const child = await start(...small, "--steps=60", "--eval-every=10", `--out=${folder}/run`);
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    await child.status;
    assertFalse(/\bat .*:\d+:\d+/.test(stderr), stderr);
    assert(fileNames(`${folder}/run`).includes("checkpoint.safetensors"));
  }));

/** Waits until a run has logged so many lines. */
async function untilMetrics(folder: string, count: number): Promise<void> {
  for (const begin = Date.now(); Date.now() - begin < 60_000;) {
    const text = await Deno.readTextFile(`${folder}/metrics.jsonl`).catch(() => "");
    if (text.split("\n").length > count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${folder} has logged nothing for a minute`);
}

Deno.test("train --task=translation: BLEU and translations at evaluations and at the end, on the way and in the files", () =>
  inFolder(async (folder) => {
    await writeTexts(folder, TEXTS);
    const sizes = ["--width=8", "--heads=2", "--hidden=8", "--layers=1", "--backend=wasm"];
    const flags = ["--task=translation", `--data=${folder}`, ...sizes, "--steps=4", "--eval-every=2"];
    const { code, stdout, stderr } = await run(...flags, `--out=${folder}/run`);
    assertEquals([code, stderr], [0, ""]);
    const shown = (given: string, expected: string) =>
      stdout.match(new RegExp(`^  given +${given}\n  written.*\n  expected +${expected}$`, "gm"))?.length;
    assertEquals([shown("Ja.", "Yes."), shown("Nein.", "No."), shown("Guten Tag.", "Good day.")], [2, 2, 1], stdout);
    assertMatch(stdout, /^step 2\/4 .* validation BLEU \d/m);
    const logged = lines(`${folder}/run`).filter(({ step }) => step % 2 === 0);
    const keys = ["loss", "bleu", "brevityPenalty"], scores = logged.map(({ validation }) => Object.keys(validation));
    assertEquals([scores, logged.some(({ test }) => test)], [[keys, keys], false]);
    const summary = json(`${folder}/run/summary.json`);
    assertEquals(summary.validationLoss, logged[1].validation.loss);
    assert(summary.testBleu >= 0 && summary.testLoss > 0 && summary.testLoss !== summary.validationLoss);
    for (const row of ["validation loss", "test BLEU"]) assertMatch(stdout, new RegExp(`^ *${row} +\\d`, "m"));
    assertStringIncludes(await Deno.readTextFile(`${folder}/run/curves.svg`), "Validation BLEU");
    assertEquals(fileNames(`${folder}/run`), [...runFiles, "subwords.json"].sort());
    assertMatch(stdout, /^ {2}subwords\.json +how lines become tokens$/m);
    const written = /^ {2}written *(.*)$/gm, first = [...stdout.matchAll(written)].at(-1)![1];
    const [again, other] = await (await openRun(`${folder}/run`)).translate(["Guten Tag.", "Ein Haus."]);
    assertEquals(again.slice(0, 20), first.slice(0, 20));
    assertEquals(typeof other, "string");
    await writeTexts(folder, { "val.de": ["Ja."], "val.en": ["Yes."] });
    const changed =
      "3 examples to train on, 2 to validate on and 1 to test on then, 3 examples to train on, 1 to validate";
    assertStringIncludes((await run(`--resume=${folder}/run`, "--steps=4")).stderr, changed);
    Deno.writeTextFileSync(`${folder}/run/subwords.json`, "{}");
    await assertRejects(
      async () => (await openRun(`${folder}/run`)).translate([]),
      UserError,
      "/run/subwords.json has no model",
    );
    const held = await run(...flags, "--holdout=0.3", `--out=${folder}/held`);
    const [, given, expected] = /^ {2}given +(.*)\n.*\n {2}expected +(.*)$/m.exec(held.stdout) ?? [],
      lineOf = TEXTS["train.de"];
    assertEquals(expected, TEXTS["train.en"][lineOf.findIndex((line) => line.trim() === given)], held.stdout);
    assert(json(`${folder}/held/summary.json`).testBleu >= 0);
    assertStringIncludes(held.stdout, "1 are held out and tested on");
    const small = await run(...flags, "--batch-size=2", `--out=${folder}/other`);
    assertEquals(small.code, 2);
    assertMatch(small.stderr, /^--batch-size=2 is less than the longest sequence has; give at least \d+ tokens$/m);
  }));
