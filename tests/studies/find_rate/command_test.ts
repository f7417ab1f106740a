import { assert, assertAlmostEquals, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../../cli/find_rate.ts";
import { flagOf } from "../../../cli/flags.ts";
import { findRateFlags } from "../../../cli/find_rate_flags.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { warning } from "../../../cli/find_rate_report.ts";
import { geometricMean } from "../../../studies/statistics.ts";
import { callMain, contents, ended, fileNames, inFolder, type Result, startTask } from "../../cli/command.ts";
import { writeTables } from "../../data/uci_files.ts";

const small = ["--task=ill-conditioned", "--backend=cpu", "--batch-size=50", "--steps=40", "--seeds=2"];
const findRate = async (...args: string[]): Promise<Result> => await ended(await startTask("find-rate", ...args));

Deno.test("find-rate: prints rate and picture, writes the promised files, and the command that it prints trains", () =>
  inFolder(async (folder) => {
    const out = `${folder}/nested/rate 1`;
    const { code, stdout, stderr } = await findRate(...small, "--optimizer=adam", "--hidden=8", `--out=${out}`);
    assertEquals([code, stderr], [0, ""]);
    assertFalse(stdout.includes("\x1b") || stdout.includes("\r"), "no escape codes where nobody watches");
    assertEquals(fileNames(out), ["find-rate.json", "find-rate.svg"]);
    assertEquals(fileNames(`${folder}/nested`), ["rate 1"], "no part is left");
    assertStringIncludes(stdout, "1,000 examples");
    assertMatch(stdout, /^ {2}rate found +[\d.e-]+$/m);
    assertMatch(stdout, /^ {2}seed 1 +[\d.e-]+, from 10$/m);
    assertMatch(stdout, /^ +step 1 … 40 \(vertical axis logarithmic\)$/m);
    assertStringIncludes(stdout, `Everything is in ${out}\n`);
    assert(
      stdout.split("\n").every((line) => line.length <= 80 || /deno task|wasm|cpu|Everything/.test(line)),
      "fits a terminal",
    );

    const { rate, range, bySeed, train, task, optimizer, steps, lambdaFsd } = JSON.parse(
      Deno.readTextFileSync(`${out}/find-rate.json`),
    );
    assertEquals([task, optimizer, steps, bySeed.length], ["ill-conditioned", "adam", 40, 2]);
    assertAlmostEquals(lambdaFsd, 0.15 / (1 - 0.9), 1e-6, "that of the search, which does not follow the noise");
    assert(range[0] <= rate && rate <= range[1]);
    const svg = Deno.readTextFileSync(`${out}/find-rate.svg`);
    assertMatch(svg, /^<svg[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const text of ["Learned rate", "Training loss (batch)", "seed 1, from 10", "found: "]) {
      assertStringIncludes(svg, text);
    }
    assertFalse(/NaN|undefined|Infinity/.test(svg));

    const line = /^ {2}(deno task train .*)$/m.exec(stdout)![1];
    assertEquals(line, train);
    for (
      const word of ["--task=ill-conditioned", "--hidden=8", "--batch-size=50", "--backend=cpu", "--optimizer=adam"]
    ) {
      assertStringIncludes(line, word);
    }
    const words = line.split(" ").slice(3), run = `${folder}/run`;
    const trained = await ended(await startTask("train", ...words, "--steps=100", "--quiet", `--out=${run}`));
    assertEquals(trained, { code: 0, stdout: "", stderr: "" });
    const { settings, batchSize, modelChoice } = JSON.parse(Deno.readTextFileSync(`${run}/config.json`));
    assertAlmostEquals(settings.learningRate / rate, 1, 0.06);
    assertEquals([batchSize, modelChoice], [50, { hidden: [8] }]);
    const lines = Deno.readTextFileSync(`${run}/metrics.jsonl`).trimEnd().split("\n").map((text) => JSON.parse(text));
    assert(lines.at(-1).loss < 0.01 * lines[0].loss, "and trains well");
  }));

Deno.test("find-rate --quiet: the rate and nothing else, the same for the same flags, and no file", () =>
  inFolder(async (folder) => {
    const before = fileNames(folder), first = await callMain(main, ...small, "--quiet");
    assertEquals([first.code, first.stderr], [0, ""]);
    assertMatch(first.stdout, /^[\d.e-]+\n$/);
    assertEquals(await callMain(main, ...small, "--quiet"), first);
    const started = await callMain(main, ...small, "--from=0.001", "--quiet");
    assertAlmostEquals(Number(started.stdout) / Number(first.stdout), 1, 0.2);
    assertEquals(fileNames(folder), before);
  }));

Deno.test("find-rate: real digits and a network's flags", async () => {
  const flags = ["--hidden=8", "--activation=tanh", "--batch-size=16", "--steps=40", "--seeds=1", "--backend=wasm"];
  for (const optimizer of ["sgd", "momentum", "rmsprop", "adam", "muon"]) {
    const { code, stdout, stderr } = await callMain(main, ...flags, `--optimizer=${optimizer}`, "--quiet");
    assertEquals([code, stderr], [0, ""], optimizer);
    assert(Number(stdout) > 1e-4 && Number(stdout) < 1, `${optimizer}: ${stdout}`);
  }
});

const all = "sgd, momentum, rmsprop, adam, muon";
const wrong: [words: string[], ...needed: string[]][] = [
  [["--optimizer=adm"], "--optimizer=adm", "adam", all],
  [["--optimizer=soap"], "--optimizer=soap", "APO", all],
  [["--optimizer=prodigy"], "--optimizer=prodigy", all],
  [["--optimizer=apo-adam"], "--optimizer=apo-adam", all],
  [["--optimizer=apo-kfac"], "--optimizer=apo-kfac", all],
  [["--optimizer=toString"], "--optimizer=toString", all],
  [["--steps=39"], "--steps=39 cannot be", "40"],
  [["--steps=0"], "--steps=0"],
  [["--seeds=0"], "--seeds=0"],
  [["--seeds=1.5"], "--seeds=1.5"],
  [["--seeds=1e9"], "--seeds=1000000000 cannot be", "at most 1000"],
  [["--from=0"], "--from=0"],
  [["--from=-1"], "--from=-1"],
  [["--from=NaN"], "--from=NaN"],
  [["--from=1e-30"], "--from=1e-30 cannot be"],
  [["--from=1e30"], "--from=1e+30 cannot be"],
  [["--lr=0.1"], "--lr=0.1 is unknown"],
  [["--task=mnits"], "--task=mnits", "mnist"],
  [["--model=conv"], "--model=conv"],
  [["--activation=tanh"], "--activation=tanh"],
  [["--batch-size=1001"], "--batch-size=1001", "1000"],
  [["--data=/nowhere"], "--data=/nowhere"],
  [["--backend=wsm"], "--backend=wsm", "wasm"],
  [["--out="], "--out"],
  [["fast"], "fast"],
];

Deno.test("find-rate with bad flags: exit 2, one line that says what is wrong, nothing left behind", async (test) => {
  for (const [words, ...needed] of wrong) {
    await test.step(words.join(" "), () =>
      inFolder(async (folder) => {
        const given = (flag: string) => words.some((word) => word.startsWith(flag));
        const others = [...small, `--out=${folder}/out`].filter((flag) => !given(flag.split("=")[0]));
        const { code, stdout, stderr } = await callMain(main, ...others, ...words, "--quiet");
        assertEquals([code, stdout], [2, ""]);
        assertMatch(stderr, /^[^\n]+\n$/, "one line");
        for (const word of needed) assertStringIncludes(stderr, word);
        assertEquals(fileNames(folder), []);
      }));
  }
});

Deno.test("find-rate --out: what is there already is never touched", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/full`);
    await Deno.writeTextFile(`${folder}/full/thesis.txt`, "years of work");
    await Deno.mkdir(`${folder}/empty`);
    for (const out of ["full", "full/thesis.txt", "full/thesis.txt/inside", "x".repeat(300)]) {
      const { code, stdout, stderr } = await callMain(main, ...small, "--quiet", `--out=${folder}/${out}`);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^[^\n]+\n$/);
      assertStringIncludes(stderr, `--out=${folder}/${out}`);
    }
    await Deno.symlink(`${folder}/empty`, `${folder}/link`);
    assertEquals(fileNames(folder), ["empty", "full", "link"]);
    assertEquals(new TextDecoder().decode(contents(`${folder}/full`)["thesis.txt"]), "years of work");
    assertEquals((await callMain(main, ...small, "--quiet", `--out=${folder}/link`)).code, 0);
    assertEquals(fileNames(`${folder}/empty`), ["find-rate.json", "find-rate.svg"]);
  }));

Deno.test("find-rate: Ctrl-C ends it with 130 and leaves nothing", () =>
  inFolder(async (folder) => {
    const child = await startTask("find-rate", ...small.slice(0, 3), "--steps=1000000", `--out=${folder}/out`);
    const reader = child.stdout.getReader();
    for (let seen = ""; !seen.includes("model ");) {
      const { value, done } = await reader.read();
      if (done) break;
      seen += new TextDecoder().decode(value);
    }
    reader.releaseLock();
    await new Promise((resolve) => setTimeout(resolve, 300)); // into the training
    child.kill("SIGINT");
    const { code, stderr } = await ended(child);
    assertEquals(code, 130, stderr);
    assertMatch(stderr, /^Interrupted[^\n]*\n$/);
    assertEquals(fileNames(folder), []);
  }));

Deno.test("find-rate --help: every flag, and an example", async () => {
  const { code, stdout, stderr } = await callMain(main, "--help");
  assertEquals([code, stderr], [0, ""]);
  for (const name of Object.keys(findRateFlags)) {
    assertMatch(stdout, new RegExp(`^ +--${flagOf(name, findRateFlags)}\\b`, "m"));
  }
  for (const part of ["deno task find-rate --optimizer=adam", "geometric median", all, "docs/find_rate.md"]) {
    assertStringIncludes(stdout, part);
  }
});

Deno.test("find-rate says on stderr when its rate should not be trusted", () => {
  const seeds = (rates: number[], last: number) => ({
    rate: geometricMean(rates),
    range: [Math.min(...rates), Math.max(...rates)] as const,
    spread: Math.max(...rates) / Math.min(...rates),
    schedule: (step: Tensor) => step,
    bySeed: rates.map((rate, seed) => ({
      seed,
      rate,
      range: [rate, rate] as const,
      from: 1,
      curve: Array.from({ length: 40 }, (_, i) => ({ step: i + 1, rate, loss: i === 0 ? 2.3 : last })),
    })),
  });
  assertEquals(warning(seeds([0.1, 0.15], 0.5)), undefined);
  assertEquals(warning(seeds([0.1, 0.42], 0.5)), "the seeds disagree by a factor of 4.20: 0.1 is safer");
  assertStringIncludes(warning(seeds([0.1, 0.1], 2.3))!, "seed 0, 1 learned nothing");
});

Deno.test("find-rate --label-noise, and a table of the UCI repository: the command that it prints says both", () =>
  inFolder(async (folder) => {
    const few = ["--hidden=4", "--batch-size=16", "--steps=40", "--seeds=1", "--backend=cpu"];
    const noisy = await callMain(main, ...few, "--label-noise=0.2", `--out=${folder}/noisy`);
    assertEquals(noisy.code, 0);
    assertStringIncludes(noisy.stdout, "20 % of the training labels are wrong");
    assertMatch(noisy.stdout, /^ {2}deno task train .*--label-noise=0\.2/m);
    assertEquals(JSON.parse(Deno.readTextFileSync(`${folder}/noisy/find-rate.json`)).labelNoise, 0.2);
    await writeTables(folder);
    const uci = await callMain(main, ...few, "--task=uci-parkinsons", `--data=${folder}`);
    assertEquals(uci.code, 0);
    assertMatch(uci.stdout, /^ {2}deno task train --task=uci-parkinsons .*--data=/m);
  }));
