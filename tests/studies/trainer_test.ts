import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { moveAside } from "../../runtime/files/damaged.ts";
import type { RunConfig } from "../../runs/config.ts";
import { files, writeConfig } from "../../runs/folder.ts";
import { earlierOutcome, type Execute, type Job, type Outcome, writeFailure } from "../../studies/job.ts";
import { processes } from "../../cli/process.ts";
import { trainer, withoutCheckpoints } from "../../studies/trainer.ts";
import { contents, fileNames, inFolder } from "../cli/command.ts";
import { writeTables } from "../data/uci_files.ts";

const config: RunConfig = {
  format: 1,
  task: "ill-conditioned",
  model: "linear2",
  modelChoice: {},
  optimizer: "adam",
  settings: { learningRate: 0.001, schedule: "constant", steps: 4 },
  batchSize: 16,
  metaBatchSize: 16,
  seed: 0,
  backend: "cpu",
  data: null,
  logEvery: 10,
  evalEvery: 100,
  checkpointEvery: 2,
  versions: {},
};

Deno.test("withoutCheckpoints: of a run that ended for good all else stays; one that may go on keeps its checkpoint", () =>
  inFolder(async (folder) => {
    const killed: Outcome = { kind: "failed", diverged: false, exitCode: 1, reason: "killed" };
    const diverged: Outcome = { ...killed, diverged: true };
    const job = { label: "", folder, config };
    for (const name of [files.checkpoint, files.metrics]) await Deno.writeTextFile(`${folder}/${name}`, "");
    for (const outcome of [killed, diverged, diverged]) { // the last one has no checkpoint
      const { train } = withoutCheckpoints({ training: new Set(), train: () => Promise.resolve(outcome) });
      assertEquals(await train(job), outcome);
      assertEquals(fileNames(folder), outcome === killed ? [files.checkpoint, files.metrics] : [files.metrics]);
    }
  }));

Deno.test("earlierOutcome: a run that diverged did, but a damaged note of it says nothing", () =>
  inFolder(async (folder) => {
    const diverged = { kind: "failed", diverged: true, exitCode: 3, reason: "step 3: not finite" } as const;
    await writeConfig(folder, config);
    await writeFailure(folder, diverged);
    assertEquals(await earlierOutcome({ folder, config }), diverged);
    assertEquals(await earlierOutcome({ folder, config: { ...config, seed: 1 } }), undefined, "another run's");
    for (const damaged of ['"x"', "{", "null", "{}", JSON.stringify({ ...diverged, kind: "finished" })]) {
      Deno.writeTextFileSync(`${folder}/failure.json`, damaged);
      assertEquals(await earlierOutcome({ folder, config }), undefined, damaged);
    }
  }));

/** A run by a process of its own, as if it had been interrupted after its last checkpoint. */
async function interruptedRun(folder: string, more: Partial<RunConfig> = {}): Promise<Job> {
  const job = { label: "run", folder, config: { ...config, ...more } };
  assertEquals((await trained(job)).outcome.kind, "finished");
  for (const name of [files.summary, files.curves]) Deno.removeSync(`${folder}/${name}`);
  return job;
}

async function trained(job: Job): Promise<{ outcome: Outcome; told: string[] }> {
  const told: string[] = [], { train } = trainer(1, new AbortController(), (text) => told.push(text), processes());
  return { outcome: await train(job), told };
}

Deno.test("trainer: bad input is no damaged run: where the data are gone for a while, the run stays, and goes on after that", () =>
  inFolder(async (folder) => {
    await writeTables(folder);
    const data = `${folder}/data`, away = `${folder}/away`;
    Deno.mkdirSync(data);
    for (const name of fileNames(folder)) if (name !== "data") Deno.renameSync(`${folder}/${name}`, `${data}/${name}`);
    const job = await interruptedRun(`${folder}/run`, {
      task: "uci-protein",
      model: "mlp",
      modelChoice: { hidden: [4], activation: "relu" },
      data,
    });
    const before = contents(job.folder);
    Deno.renameSync(data, away);
    for (
      const train of [
        trained,
        (job: Job) => withoutCheckpoints(trainer(1, new AbortController(), () => {}, processes())).train(job),
      ]
    ) {
      const result = await train(job), outcome = "outcome" in result ? result.outcome : result;
      assert(outcome.kind === "failed" && !outcome.diverged);
      assertEquals(outcome.exitCode, 2);
      assertStringIncludes(outcome.reason, data);
      assertEquals(contents(job.folder), before);
    }
    Deno.renameSync(away, data);
    assertEquals(await trained(job).then(({ outcome, told }) => [outcome.kind, told]), ["finished", []]);
    assertEquals(fileNames(folder), ["data", "run"]);
  }));

Deno.test("trainer: what cannot be gone on with is moved aside, never removed, and the run trained anew", () =>
  inFolder(async (folder) => {
    const cut = (name: string) => (run: string) => Deno.truncateSync(`${run}/${name}`, 50);
    const damages: Record<string, [damage: (run: string) => void, job?: Partial<Job>, why?: string]> = {
      "a checkpoint cut off": [cut(files.checkpoint)],
      "metrics cut off": [cut(files.metrics)],
      "no configuration": [(run) => Deno.removeSync(`${run}/${files.config}`)],
      "no checkpoint after the end": [(run) => {
        Deno.renameSync(`${run}/${files.checkpoint}`, `${run}/kept.safetensors`);
        Deno.writeTextFileSync(`${run}/${files.summary}`, "{");
      }],
      "other steps": [() => {}, { config: { ...config, settings: { ...config.settings, steps: 5 } } }, "outdated"],
      "another rate": [
        () => {},
        { config: { ...config, settings: { ...config.settings, learningRate: 0.002 } } },
        "outdated",
      ],
      "in one go": [() => {}, { inOneGo: true }, "interrupted"],
    };
    for (const [what, [damage, more, why = "damaged"]] of Object.entries(damages)) {
      const job = { ...await interruptedRun(`${folder}/${what}`), ...more };
      damage(job.folder);
      const before = contents(job.folder), aside = `${job.folder}.${why}-1`;
      const { outcome, told } = await trained(job);
      assertEquals(outcome.kind, "finished", what);
      assertEquals(contents(aside), before, what);
      assert(told.length === 1 && told[0].includes(`kept as ${aside}`), told.join());
    }
  }));

Deno.test("moveAside: to the first number that is free; a folder, a file, a link", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    Deno.mkdirSync(path);
    assertEquals(await moveAside(path, "damaged"), `${path}.damaged-1`);
    Deno.writeTextFileSync(path, "file");
    assertEquals(await moveAside(path, "damaged"), `${path}.damaged-2`);
    Deno.symlinkSync(`${folder}/nowhere`, path);
    Deno.symlinkSync(`${folder}/nowhere`, `${path}.damaged-3`);
    assertEquals(await moveAside(path, "damaged"), `${path}.damaged-4`);
    assertEquals(Deno.readTextFileSync(`${path}.damaged-2`), "file");
    assertEquals(fileNames(folder), [1, 2, 3, 4].map((n) => `x.damaged-${n}`));
  }));

Deno.test("trainer: where another process has the folder, it waits, and then goes on", () =>
  inFolder(async (folder) => {
    const metrics = Deno.openSync(`${folder}/${files.metrics}`, { write: true, create: true }), codes: number[] = [];
    const execute: Execute = async (folder, signal) => {
      if (codes.length === 0) await metrics.lock(true); // as a process does that a killed command had started
      const execution = await processes()(folder, signal);
      if (codes.push(execution.code) === 1) setTimeout(() => metrics.close(), 300);
      return execution;
    };
    const { train } = trainer(1, new AbortController(), () => {}, execute);
    assertEquals((await train({ label: "run", folder, config })).kind, "finished");
    assertEquals(codes, [2, 0]);
  }));
