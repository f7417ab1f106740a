/** `deno task train --config=FILE`. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { call, contents, fileNames, inFolder } from "./command.ts";

const silent = ["--backend=cpu", "--quiet"];
const done = { code: 0, stdout: "", stderr: "" };
const json = (run: string) => JSON.parse(Deno.readTextFileSync(`${run}/config.json`));

Deno.test("train --config: a run's config.json gives the same run again, byte for byte", () =>
  inFolder(async (folder) => {
    const digits = ["--model=linear", "--batch-size=32", "--steps=6", "--log-every=1"];
    const learned = [...digits, "--optimizer=apo-sgd", "--schedule=constant"];
    const runs: Record<string, string[]> = {
      defaults: ["--task=rosenbrock", "--steps=6"],
      learned,
      replayed: [...digits, "--optimizer=sgd", `--replay=${folder}/learned`],
      noisy: [
        ...digits,
        "--optimizer=apo-adam",
        "--label-noise=0.2",
        "--holdout=0.1",
        "--seed=7",
        "--meta-batch-size=8",
      ],
      averaged: ["--hidden=4", "--activation=tanh", "--steps=4", "--optimizer=adam", "--average=0.9", "--clip=1"],
      narrow: [...digits, "--optimizer=momentum", "--precision=f16", "--float32=inverses,meta", "--loss-scale=none"],
      strict: ["--task=ill-conditioned", "--strict", "--steps=4", "--eval-every=2", "--checkpoint-every=3"],
    };
    for (const [name, flags] of Object.entries(runs)) {
      const run = `${folder}/${name}`;
      assertEquals(await call(...silent, ...flags, `--out=${run}`), done, name);
      assertEquals(await call(`--config=${run}/config.json`, "--quiet", `--out=${run} again`), done, name);
      const [first, second] = [contents(run), contents(`${run} again`)];
      for (const file of ["config.json", "metrics.jsonl", "checkpoint.safetensors"]) {
        assertEquals(second[file], first[file], `${name}: ${file}`);
      }
    }
  }));

Deno.test("train --config: what flags beside it say counts instead; a part of a configuration is enough", () =>
  inFolder(async (folder) => {
    const file = `${folder}/part.json`,
      part = {
        task: "mnist",
        model: "mlp",
        modelChoice: { hidden: [4] },
        optimizer: "apo-adam",
        settings: { steps: 3, lambdaFsd: 2, learningRate: 0.5 },
        batchSize: 16,
        metaBatchSize: 16,
        seed: 5,
      };
    Deno.writeTextFileSync(file, JSON.stringify(part));
    let runs = 0;
    const run = async (...flags: string[]) => {
      const out = `${folder}/run ${runs++}`;
      assertEquals(await call(`--config=${file}`, ...silent, `--out=${out}`, ...flags), done, flags.join(" "));
      return json(out);
    };
    const whole = await run();
    assertEquals([whole.task, whole.modelChoice, whole.seed], ["mnist", { hidden: [4], activation: "relu" }, 5]);
    assertEquals([whole.settings.lambdaFsd, whole.settings.learningRate, whole.settings.every], [2, 0.5, 10]);

    const other = await run("--seed=6", "--lr=0.1", "--activation=tanh", "--batch-size=8");
    assertEquals(other, {
      ...whole,
      seed: 6,
      batchSize: 8,
      metaBatchSize: 8,
      modelChoice: { hidden: [4], activation: "tanh" },
      settings: { ...whole.settings, learningRate: 0.1 },
    });
    const { optimizer, settings, modelChoice } = await run("--optimizer=sgd");
    assertEquals([optimizer, modelChoice, settings.steps], ["sgd", whole.modelChoice, 3]);
    assertEquals([settings.learningRate, "lambdaFsd" in settings], [0.1, false], "the task's rate for sgd");
    const linear = await run("--model=linear");
    assertEquals([linear.modelChoice, linear.settings], [{}, whole.settings]);
    const task = await run("--task=ill-conditioned", "--epochs=1");
    assertEquals([task.model, task.settings.lambdaFsd, task.settings.steps > 3], ["linear2", 2, true]);
    Deno.writeTextFileSync(file, JSON.stringify({ ...part, precision: "f16", float32: ["meta"], lossScale: "none" }));
    const formatOf = async (...flags: string[]) => {
      const { precision, float32, lossScale } = await run(...flags);
      return [precision, float32, lossScale];
    };
    assertEquals(await formatOf("--loss-scale=dynamic"), ["f16", ["meta"], "dynamic"]);
    assertEquals(await formatOf("--precision=bf16-master"), ["bf16-master", undefined, undefined]);
    assertEquals(await formatOf("--precision=float32"), [undefined, undefined, undefined]);
    Deno.writeTextFileSync(file, JSON.stringify({ task: "translation", beam: 4, sourceLanguage: "en", seed: 3 }));
    const toy = await run("--task=rosenbrock", "--steps=3");
    assertEquals(["beam" in toy, "sourceLanguage" in toy, toy.seed], [false, false, 3]);
  }));

Deno.test("train --config: what does not fit the flags beside it is the file's, and no flag that nobody gave", () =>
  inFolder(async (folder) => {
    const file = `${folder}/config.json`,
      base = { optimizer: "apo-adam", batchSize: 16, metaBatchSize: 8, labelNoise: 0.2 };
    const cases: [content: object, flags: string[], ...needed: string[]][] = [
      [base, ["--optimizer=sgd"], 'says "metaBatchSize": 8, which means nothing to --optimizer=sgd; edit a copy'],
      [base, ["--task=mnist-autoencoder"], 'says "labelNoise": 0.2, which means nothing to --task=mnist-autoencoder'],
      [base, ["--task=rosenbrock", "--label-noise=0.1"], "--label-noise=0.1 means nothing to --task=rosenbrock, which"],
      [base, ["--block-size=4"], "--block-size=4 means nothing to the file's optimizer apo-adam; leave it out"],
      [
        { settings: { every: 5 } },
        ["--optimizer=sgd"],
        'says "every": 5, which means nothing to --optimizer=sgd',
      ],
      [{ batchSize: 8000 }, ["--holdout=0.5"], 'says "batchSize": 8000, which is more than the data', "4500"],
      [{ modelChoice: { hidden: [4] } }, ["--model=linear"], 'says "hidden": [4]', "--model=linear"],
      [{ strict: true }, ["--blas=./x.so", "--backend=wasm"], "--blas=", "x.so and the file's strict true cannot be"],
    ];
    for (const [content, flags, ...needed] of cases) {
      Deno.writeTextFileSync(file, JSON.stringify(content));
      const backend = flags.some((flag) => flag.startsWith("--backend")) ? [] : ["--backend=cpu"];
      const words = [...backend, ...flags, "--steps=1", "--quiet", `--out=${folder}/run`];
      const { code, stderr } = await call(`--config=${file}`, ...words);
      assertEquals(code, 2, stderr);
      for (const word of needed) assertStringIncludes(stderr, word);
      if (needed[0].startsWith("says")) assertMatch(stderr, /^--config=/);
    }
  }));

Deno.test("train --config: other data than those of the fingerprint are refused, unless flags choose them", () =>
  inFolder(async (folder) => {
    const small = ["--model=linear", "--batch-size=32", "--steps=2"], run = `${folder}/run`;
    assertEquals(await call(...silent, ...small, `--out=${run}`), done);
    const config = json(run), { fingerprint } = config, path = `${folder}/other.json`;
    const other = { ...config, fingerprint: { ...fingerprint, sha256: "2:0" } };
    Deno.writeTextFileSync(path, JSON.stringify(other));
    const { code, stderr } = await call(`--config=${path}`, "--quiet", `--out=${folder}/again`);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `--config=${path} has the fingerprint of other data (9000 examples to train on`);
    assertMatch(stderr, /as many, with other contents\); bring back what was there, say with --data=FOLDER/);
    assertEquals(fileNames(folder), ["other.json", "run"]);
    assertEquals(await call(`--config=${path}`, "--holdout=0.1", "--quiet", `--out=${folder}/held`), done);
    assertEquals(json(`${folder}/held`).holdout, 0.1);
    const before = { ...fingerprint, sha256: "0".repeat(64) }; // of a version that made it otherwise: nothing is known
    Deno.writeTextFileSync(path, JSON.stringify({ ...config, fingerprint: before }));
    assertEquals(await call(`--config=${path}`, "--quiet", `--out=${folder}/before`), done);
    assertEquals(json(`${folder}/before`), config);
  }));

Deno.test("train --config with a file that cannot be: exit 2, one line that names file and entry, no folder", () =>
  inFolder(async (folder) => {
    const file = `${folder}/config.json`, list = "there are: ";
    const wrong: [content: unknown, ...needed: string[]][] = [
      ["{", "is not JSON"],
      [[], "no configuration"],
      [{ format: 2 }, "format 1 (it says 2)"],
      [{ optimiser: "adam" }, 'an unknown "optimiser"', "did you mean optimizer?"],
      [{ lr: 1 }, 'an unknown "lr"', list],
      [{ settings: { lerningRate: 0.1 } }, '"settings"', 'an unknown "lerningRate"', "did you mean learningRate?"],
      [{ settings: { learningRate: 0 } }, '"learningRate" (0: give a positive number'],
      [{ settings: { schedule: "cosin" } }, '"schedule"', "did you mean cosine?"],
      [{ modelChoice: { hidden: [0] } }, '"hidden" ([0]: give'],
      [{ batchSize: "16" }, '"batchSize" ("16": give a whole number from 1)'],
      [{ backend: "auto" }, '"backend"'],
      [{ settings: null }, 'no good "settings" (null); give a config.json'],
      [{ optimizer: "sgd", settings: { replay: [["x", 0.1]] } }, 'no good "replay" ([["x",0.1]])'],
      [{ optimizer: "sgd", settings: { replay: [[5, 0.1], [3, 0.2]] } }, 'no good "replay"'],
      [{ optimizer: "sgd", settings: { replay: [[5, 1e300]] } }, 'no good "replay"'],
      [{ fingerprint: { sha256: "x", inputs: {} } }, 'no good "fingerprint"'],
      [{ task: "mnits" }, 'says "task": "mnits", which is unknown; edit a copy of the file', "mnist"],
      [
        { optimizer: "sgd", settings: { every: 5 } },
        'says "every": 5, which means nothing to the file\'s optimizer sgd; edit a copy of the file, or give other',
      ],
      [{ task: "rosenbrock", modelChoice: { hidden: [4] } }, 'says "hidden": [4], which means nothing to'],
      [{ batchSize: 9001 }, 'says "batchSize": 9001, which is more than the data', "9000"],
      [{ backend: "wasm", blas: { path: "/no/blas.so" } }, 'says "blas": "/no/blas.so", which '],
      [
        { modelChoice: { hidden: [8] }, optimizer: "newton" },
        'says "optimizer": "newton", which does not fit --model=mlp',
      ],
      [
        { data: "/nowhere/at/all" },
        'says "data": "/nowhere/at/all", which lacks train-images',
        "`deno task data mnist`",
      ],
      [
        { fingerprint: { sha256: "2:x", sizes: [9, 1], inputs: {} } },
        "the fingerprint of other data (9 examples to train on and 1 to test on then, 9000 examples",
        "--data=FOLDER",
      ],
    ];
    for (const [content, ...needed] of wrong) {
      Deno.writeTextFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
      const small = content instanceof Object && "backend" in content ? [] : ["--backend=cpu"];
      const words = [...small, "--steps=1", "--quiet", `--out=${folder}/run`];
      const { code, stdout, stderr } = await call(`--config=${file}`, ...words);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, /^[^\n]+\n$/);
      for (const word of needed) assertStringIncludes(stderr, word);
      assertStringIncludes(stderr, `--config=${file} `);
    }
    const missing = await call(`--config=${folder}/none.json`, "--quiet");
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.stderr, `--config=${folder}/none.json cannot be read`);
    assertEquals((await call(`--config=${file}`, `--resume=${folder}/x`)).code, 2, "a run that goes on has its own");
    assertEquals(fileNames(folder), ["config.json"]);
  }));
