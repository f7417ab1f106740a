import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { parseConfig, type RunConfig } from "../../runs/config.ts";
import { createRunFolder, readConfig } from "../../runs/folder.ts";
import { contents, fileNames, inFolder } from "../cli/command.ts";

const config: RunConfig = {
  format: 1,
  task: "rosenbrock",
  model: "rosenbrock",
  modelChoice: {},
  optimizer: "sgd",
  settings: { steps: 3, learningRate: 0.1 },
  batchSize: 1,
  metaBatchSize: 1,
  seed: 0,
  backend: "cpu",
  data: null,
  logEvery: 10,
  evalEvery: 100,
  checkpointEvery: 200,
  versions: {},
};

Deno.test("createRunFolder: makes parents, takes an empty folder and what a process killed at its start left", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/empty`);
    await Deno.mkdir(`${folder}/remnant`);
    await Deno.writeTextFile(`${folder}/remnant/.config.json.part`, '{"forma');
    for (const name of ["a/b c/λ", "empty", "remnant"]) {
      (await createRunFolder(`${folder}/${name}`, config)).close();
      assertEquals(await readConfig(`${folder}/${name}`), config);
      assertEquals(fileNames(`${folder}/${name}`), ["config.json", "metrics.jsonl"]);
    }
  }));

Deno.test("createRunFolder: refuses what is not its own", () =>
  inFolder(async (folder) => {
    const occupied = { config: "config.json", notes: "notes.txt", hidden: ".git", metrics: "metrics.jsonl" };
    for (const [name, file] of Object.entries(occupied)) {
      await Deno.mkdir(`${folder}/${name}`);
      await Deno.writeTextFile(`${folder}/${name}/${file}`, "precious\n");
      const before = contents(`${folder}/${name}`);
      await assertRejects(() => createRunFolder(`${folder}/${name}`, config), UserError, `out=${folder}/${name}`);
      assertEquals(contents(`${folder}/${name}`), before);
    }
  }));

Deno.test("createRunFolder: a run in use is refused", () =>
  inFolder(async (folder) => {
    using _metrics = await createRunFolder(`${folder}/run`, config);
    await assertRejects(() => createRunFolder(`${folder}/run`, config), UserError, `${folder}/run`);
  }));

Deno.test("parseConfig: every entry is checked, and named", async () => {
  const good = JSON.parse(JSON.stringify(config));
  assertEquals(parseConfig(JSON.stringify(good), "c"), config);
  const wrong: Record<string, unknown[]> = {
    task: [undefined, 3, null],
    model: [undefined, {}],
    modelChoice: [undefined, 3, null, [], { hidden: [-1] }, { hidden: "a" }, { activation: "a" }, { lairs: 2 }, {
      layers: 0,
    }, {
      depth: 0,
    }, { shortcut: "C" }],
    optimizer: [undefined, 0],
    settings: [
      undefined,
      3,
      null,
      [],
      {},
      { steps: 0, learningRate: 1 },
      { steps: 3, learningRate: "fast" },
      ...[
        { schedule: "nonsense" },
        { schedule: 5 },
        { metaOptimizer: "x" },
        { lambdaFsd: "abc" },
        { lambdaFsd: -1 },
        { lambdaFsd: null },
        { weightDecay: "a" },
        { replay: "r" },
      ].map((setting) => ({ steps: 3, learningRate: 0.1, ...setting })),
    ],
    batchSize: [undefined, 0, 1.5, "x", -1, null],
    metaBatchSize: [undefined, 0, "8"],
    seed: [undefined, 0.5, "1", null],
    backend: [undefined, "gpu"],
    data: [undefined, 3],
    logEvery: [undefined, 0],
    evalEvery: [undefined, -1],
    labelNoise: [0, 1, "some", null],
    holdout: [0, 1, "half", null],
    sourceLanguage: ["", 3, null],
    beam: [0, 1.5, 101, "wide", null],
    precision: [16, null],
    fingerprint: [[3], [3, 2, 1, 0], [3, -1]].map((sizes) => ({ sha256: "1:a", sizes, inputs: {} })),
    checkpointEvery: [undefined, "often"],
    versions: [undefined, null],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      const text = JSON.stringify({ ...good, [key]: value });
      await assertRejects(() => Promise.resolve().then(() => parseConfig(text, "c.json")), UserError, `"${key}"`, text);
    }
  }
});
