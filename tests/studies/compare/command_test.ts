import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { ended, fileNames, inFolder, type Result, startTask } from "../../cli/command.ts";
import { writeTables } from "../../data/uci_files.ts";

const small = ["--task=ill-conditioned", "--backend=cpu", "--batch-size=50", "--optimizers=momentum,adam", "--seeds=2"];
const steps = [...small, "--budget=20steps"];
const compare = async (...args: string[]): Promise<Result> => await ended(await startTask("compare", ...args));
const files = ["comparison.json", "loss-steps.svg", "loss-time.svg", "report.html", "results.json", "runs", "table.md"];

// deno-lint-ignore no-explicit-any -- whatever the file says
const results = (folder: string): any => JSON.parse(Deno.readTextFileSync(`${folder}/results.json`));
const visible = (folder: string) => fileNames(folder).filter((name) => !name.startsWith("."));

/** The results without times. */
// deno-lint-ignore no-explicit-any -- whatever the file says
function deterministic(folder: string): any {
  const { optimizers, comparison, command } = results(folder);
  return withoutTimes({ optimizers, comparison, command });
}

const TIMES = ["seconds", "secondsPerStep", "stepsPerSecond", "fromStep"];
const withoutTimes = (x: unknown): unknown =>
  JSON.parse(JSON.stringify(x, (key, value) => TIMES.includes(key) ? undefined : value));

Deno.test("compare: the promised folder and table; killed midway and run again it gives the same numbers", () =>
  inFolder(async (folder) => {
    const whole = `${folder}/whole`, broken = `${folder}/broken seed=1`;
    const { code, stdout, stderr } = await compare(...steps, `--out=${whole}`);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(visible(whole), files);
    assertFalse(stdout.includes("\x1b") || stdout.includes("\r"), "no escape codes where nobody watches");
    assertMatch(stdout, /^ {2}momentum .*1\.00 × .*0 of 2$/m);
    assertMatch(stdout, /^ {2}adam .* × .*0 of 2$/m);
    assertStringIncludes(stdout, `Everything is in ${whole}`);
    const { optimizers, comparison } = results(whole);
    assertEquals(optimizers.map(({ name }: { name: string }) => name), ["momentum", "adam"]);
    assertEquals([comparison.seeds, comparison.budget, comparison.tuning], [2, { steps: 20 }, null]);
    const [first, second] = optimizers[1].runs.map(({ figures }: { figures: { trainLoss: number } }) =>
      figures.trainLoss
    );
    assert(first !== second, "seeds differ");
    assertEquals(optimizers[1].means.trainLoss.mean, (first + second) / 2);

    // Once with Ctrl-C, once with kill -9, each when another run has begun.
    for (const [signal, run] of [["SIGINT", "momentum-seed-0"], ["SIGKILL", "adam-seed-1"]] as const) {
      const child = await startTask("compare", ...steps, `--out=${broken}`);
      await begun(`${broken}/runs/${run}/config.json`);
      child.kill(signal);
      const { code, stderr } = await ended(child);
      assertFalse(visible(broken).includes("results.json"), "killed in time");
      if (signal === "SIGKILL") continue;
      assertEquals(code, 130, stderr);
      assertStringIncludes(stderr, `deno task compare --resume='${broken}'`);
    }
    const mended = await compare(...steps, `--out=${broken}`);
    assertEquals(mended.code, 0);
    assertStringIncludes(mended.stdout, `Everything is in ${broken}\n`, "a folder's name is no flag");
    assertEquals(deterministic(broken), deterministic(whole));
    assertEquals(visible(broken), files);

    const before = Deno.statSync(`${broken}/runs/adam-seed-0/summary.json`).mtime;
    assertEquals(await compare(`--resume=${broken}`, "--quiet"), { code: 0, stdout: "", stderr: "" });
    assertEquals(Deno.statSync(`${broken}/runs/adam-seed-0/summary.json`).mtime, before, "nothing is trained again");

    const other = await compare(...steps.with(-1, "--budget=30steps"), `--out=${broken}`);
    assertEquals(other.code, 2);
    assertMatch(other.stderr, /^--out=.* belongs to another comparison \(other budget\)[^\n]*--resume=[^\n]*\n$/);
    assertEquals(deterministic(broken), deterministic(whole));
  }));

Deno.test("compare: an optimizer that diverges does not take the others with it; when all do, exit 3", () =>
  inFolder(async (folder) => {
    const words = [
      "--task=rosenbrock",
      "--backend=cpu",
      "--seeds=1",
      "--budget=40steps",
      "--set=sgd:lr=1e9",
      "--jobs=2",
    ];
    const { code, stdout } = await compare(...words, "--optimizers=sgd,adam", `--out=${folder}/out`);
    assertEquals(code, 0);
    assertMatch(stdout, /^ {2}sgd +– +– +1 of 1$/m);
    assertMatch(stdout, /^ {2}adam .*0 of 1$/m);
    const [sgd, adam] = results(`${folder}/out`).optimizers;
    assertEquals([sgd.failures, sgd.runs[0].exitCode, adam.failures], [1, 3, 0]);
    assertMatch(sgd.runs[0].failed, /^training stopped at step \d+: .*NaN/);
    assertStringIncludes(Deno.readTextFileSync(`${folder}/out/report.html`), "training stopped at step");
    assertEquals((await compare(...words, "--optimizers=sgd", `--out=${folder}/lost`)).code, 3);
  }));

Deno.test("compare --tune --budget=…s: as many trials for everybody, on held-out data, and steps from a calibration", () =>
  inFolder(async (folder) => {
    const words = ["--model=linear", "--batch-size=16", "--backend=cpu", "--optimizers=sgd,apo-sgd", "--seeds=1"];
    const { code, stderr } = await compare(
      ...words,
      "--budget=0.1s",
      "--tune",
      "--trials=3",
      "--jobs=2",
      `--out=${folder}/out`,
    );
    assertEquals([code, stderr], [0, ""]);
    const { optimizers, comparison } = results(`${folder}/out`);
    assertEquals(comparison.tuning, { trials: 3, holdout: 0.1, seed: 1000 });
    for (const { steps, calibration, tuning, runs, settings } of optimizers) {
      assertEquals(steps, Math.max(1, Math.round((0.1 - calibration.startUp) * calibration.stepsPerSecond)));
      assertEquals(tuning.trials.length, 3);
      for (const [name, value] of Object.entries(tuning.best.values)) assertEquals(settings[name], value);
      const config = JSON.parse(Deno.readTextFileSync(`${folder}/out/${runs[0].folder}/config.json`));
      assertEquals([config.settings.steps, config.seed, "holdout" in config], [steps, 0, false]);
      for (const [name, value] of Object.entries(tuning.best.values)) assertEquals(config.settings[name], value);
    }
    const trial = JSON.parse(Deno.readTextFileSync(`${folder}/out/tuning/sgd-1/config.json`));
    assertEquals([trial.holdout, trial.seed], [0.1, 1000]);
    assertStringIncludes(Deno.readTextFileSync(`${folder}/out/report.html`), "Tuning");
  }));

Deno.test("compare: one optimizer under two names; what is damaged afterwards is trained again to the same numbers", () =>
  inFolder(async (folder) => {
    const words = [...small.filter((word) => !word.startsWith("--optimizers")), "--optimizers=adam,fast=adam"];
    const { code, stdout, stderr } = await compare(
      ...words,
      "--set=fast:lr=0.1",
      "--budget=20steps",
      `--out=${folder}/out`,
    );
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^ {2}fast .*0 of 2$/m);
    const whole = results(`${folder}/out`);
    assertEquals(
      whole.optimizers.map((
        { name, settings }: { name: string; settings: { learningRate: number } },
      ) => [name, settings.learningRate]),
      [["adam", 0.005], ["fast", 0.1]],
    );
    assertStringIncludes(whole.command, "--optimizers=adam,fast=adam --set=fast:lr=0.1");

    const runs = `${folder}/out/runs`;
    Deno.writeTextFileSync(`${runs}/adam-seed-0/summary.json`, '{"steps": 20, "trainLoss"');
    Deno.removeSync(`${runs}/adam-seed-1/metrics.jsonl`);
    Deno.removeSync(`${runs}/fast-seed-0/config.json`);
    Deno.removeSync(`${runs}/fast-seed-0/summary.json`);
    Deno.truncateSync(`${runs}/fast-seed-1/checkpoint.safetensors`, 50);
    Deno.writeTextFileSync(`${runs}/fast-seed-1/metrics.jsonl`, "damaged\n");
    const again = await compare(`--resume=${folder}/out`, "--quiet");
    assertEquals(again, { code: 0, stdout: "", stderr: "" });
    const kept = ["adam-seed-1", "fast-seed-0", "fast-seed-1"].map((run) => `${run}.damaged-1`);
    assertEquals(fileNames(runs).filter((name) => name.includes(".")), kept);
    assertEquals(Deno.readTextFileSync(`${runs}/fast-seed-1.damaged-1/metrics.jsonl`), "damaged\n");
    assertEquals(deterministic(`${folder}/out`).optimizers, whole.optimizers.map(withoutTimes));
  }));

/** Waits for a file. */
async function begun(path: string): Promise<void> {
  for (const begin = Date.now(); Date.now() - begin < 60_000;) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${path} was not there within a minute`);
}

Deno.test("compare --label-noise: every run has it, and the command that does it again; tables of the UCI repository as data", () =>
  inFolder(async (folder) => {
    const words = [
      "--hidden=4",
      "--batch-size=16",
      "--backend=cpu",
      "--optimizers=sgd",
      "--seeds=1",
      "--budget=2steps",
    ];
    const noisy = [...words, "--label-noise=0.2", `--out=${folder}/noisy`];
    const { code, stdout, stderr } = await compare(...noisy);
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "20 % of the training labels are wrong");
    assertStringIncludes(results(`${folder}/noisy`).command, "--label-noise=0.2");
    const { labelNoise } = JSON.parse(Deno.readTextFileSync(`${folder}/noisy/runs/sgd-seed-0/config.json`));
    assertEquals(labelNoise, 0.2);
    await writeTables(folder);
    const uci = [...words, "--task=uci-protein", `--data=${folder}`, `--out=${folder}/uci`];
    assertEquals((await compare(...uci)).code, 0);
    assertMatch(
      Deno.readTextFileSync(`${folder}/uci/table.md`),
      /^\| optimizer \| training loss \| test loss \| test rmse \|/,
    );
  }));
