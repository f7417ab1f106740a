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
      [{ task: "mnits" }, "--task=mnits is unknown", "mnist"],
      [{ optimizer: "sgd", settings: { every: 5 } }, "--every=5 means nothing to --optimizer=sgd"],
    ];
    for (const [content, ...needed] of wrong) {
      Deno.writeTextFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
      const { code, stdout, stderr } = await call(`--config=${file}`, "--steps=1", "--quiet", `--out=${folder}/run`);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, /^[^\n]+\n$/);
      for (const word of needed) assertStringIncludes(stderr, word);
      if (!stderr.startsWith("--task") && !stderr.startsWith("--every")) {
        assertStringIncludes(stderr, `--config=${file} `);
      }
    }
    const missing = await call(`--config=${folder}/none.json`, "--quiet");
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.stderr, `--config=${folder}/none.json cannot be read`);
    assertEquals((await call(`--config=${file}`, `--resume=${folder}/x`)).code, 2, "a run that goes on has its own");
    assertEquals(fileNames(folder), ["config.json"]);
  }));
