import { assert, assertAlmostEquals, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { bandOf, binSteps, testCurve, trainingCurve } from "../../../studies/compare/seed_bands.ts";
import { finished, reasonOf } from "../../../studies/job.ts";
import { pictures } from "../../../studies/compare/pictures.ts";
import { reportPage } from "../../../studies/compare/html_report.ts";
import { means, runResult } from "../../../studies/compare/results.ts";
import { meanOf } from "../../../studies/statistics.ts";
import { notes, plusMinus, resultTable } from "../../../studies/compare/comparison_table.ts";
import { markdownTable, terminalTable } from "../../../display/text_tables.ts";
import type { MetricsLine } from "../../../training/metrics_lines.ts";
import type { RunSummary } from "../../../runs/summary.ts";
import { inFolder } from "../../cli/command.ts";
import { results } from "./results.ts";

Deno.test("meanOf: mean and standard error by hand", () => {
  assertEquals(meanOf([]), undefined);
  assertEquals(meanOf([3]), { mean: 3, standardError: null, count: 1 });
  const { mean, standardError, count } = meanOf([1, 2, 3, 6])!; // squares 4 + 1 + 0 + 9 = 14
  assertEquals([mean, count], [3, 4]);
  assertAlmostEquals(standardError!, Math.sqrt(14 / 3 / 4), 1e-15);
});

const summary: RunSummary = {
  steps: 20,
  fromStep: 0,
  backend: "cpu",
  trainLoss: 0.5,
  testLoss: 0.6,
  testAccuracy: 0.9,
  seconds: 7,
  stepsPerSecond: 4,
  learned: {},
  refused: 1,
};

Deno.test("runResult: figures of a run, one without a time of its own, failures; means are over what finished", () => {
  const whole = runResult(0, "a", finished(summary));
  assertEquals(whole, {
    seed: 0,
    folder: "a",
    figures: { trainLoss: 0.5, testLoss: 0.6, testAccuracy: 0.9, stepsPerSecond: 4, secondsPerStep: 0.25, seconds: 5 },
    fromStep: 0,
    refused: 1,
  });
  const late = runResult(1, "b", finished({ ...summary, trainLoss: 1.5, fromStep: 20, stepsPerSecond: 0 }));
  const failed = runResult(2, "c", { kind: "failed", diverged: true, exitCode: 3, reason: "diverged" });
  assertEquals(failed, { seed: 2, folder: "c", failed: "diverged", exitCode: 3 });
  const stuck = runResult(3, "d", finished({ ...summary, refused: 20 }));
  assertEquals(stuck, {
    seed: 3,
    folder: "d",
    failed: "every step was refused: none had a finite result",
    exitCode: 0,
  });
  const { trainLoss, secondsPerStep } = means([whole, late, failed]);
  assertEquals(trainLoss, { mean: 1, standardError: 0.5, count: 2 });
  assertEquals(secondsPerStep, { mean: 0.25, standardError: null, count: 1 });
  assertEquals(means([failed]), {});
  const overflowed = finished({ ...summary, trainLoss: null as unknown as number });
  assertEquals(overflowed.kind, "failed");
});

Deno.test("reasonOf: the error and not its stack; a signal; a code", () => {
  const crash = "warning\nerror: Uncaught (in promise) TypeError: x\n    at file.ts:1:2\n";
  assertEquals(reasonOf({ stderr: crash, code: 1, signal: null }), "error: Uncaught (in promise) TypeError: x");
  assertEquals(reasonOf({ stderr: "training stopped\n", code: 3, signal: null }), "training stopped");
  assertEquals(reasonOf({ stderr: "", code: 137, signal: "SIGKILL" }), "killed by SIGKILL");
  assertEquals(reasonOf({ stderr: "\n", code: 9, signal: null }), "exit code 9");
});

Deno.test("plusMinus: as many digits as the error makes sense of", () => {
  const text = (figure: string, mean: number, standardError: number | null) =>
    plusMinus(figure, { mean, standardError, count: 2 });
  assertEquals(text("testLoss", 0.123456, 0.00234), "0.1235 ± 0.0023");
  assertEquals(text("testAccuracy", 0.9654, 0.0012), "96.54 ± 0.12 %");
  assertEquals(text("testAccuracy", 0.9654, null), "96.5 %");
  assertEquals(text("trainLoss", 1.23456e-5, 2e-7), "1.23e-5 ± 2.0e-7");
  assertEquals(text("testReconstructionError", 123.4, 5.6), "123.4 ± 5.6");
  assertEquals(text("trainLoss", 0.5, 0), "0.5");
});

Deno.test("table: the best in bold, times relative to the first", () => {
  const table = resultTable(results());
  assertEquals(markdownTable(table).split("\n"), [
    "| optimizer | training loss | test loss | test accuracy | time per step | failed runs |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    "| momentum | 0.200 ± 0.058 | 0.40 ± 0.12 | 90.0 % | 1.00 × (10 ms) | 0 of 3 |",
    "| apo-momentum | **0.0600 ± 0.0058** | **0.120 ± 0.012** | **96.00 ± 0.58 %** | 1.50 × (15 ms) | 0 of 3 |",
  ]);
  assertStringIncludes(terminalTable(table, true), "\x1b[1m0.0600 ± 0.0058\x1b[22m");
  const plain = terminalTable(table, false).split("\n");
  assertStringIncludes(plain[2], "* 0.0600 ± 0.0058");
  assertEquals(new Set(plain.map((line) => line.length)).size, 1, "aligned");
});

Deno.test("table: more is better of scores, less of losses and errors", () => {
  const all = results(),
    best = (score: string) => {
      const optimizers = all.optimizers.map((one, i) => ({ ...one, means: { [score]: meanOf([1 + i, 2 + i])! } }));
      return resultTable({ ...all, optimizers }).rows.map(([, cell]) => cell.best);
    };
  for (const score of ["testAccuracy", "testBleu", "testBrevityPenalty"]) assertEquals(best(score), [false, true]);
  for (const error of ["trainLoss", "testLoss", "testRmse"]) assertEquals(best(error), [true, false]);
});

Deno.test("table: an optimizer with a failed run is never the best, and a row of failures has no numbers", () => {
  const { rows } = resultTable(results({ fails: true }));
  assertEquals(rows.map((row) => row.some(({ best }) => best)), [true, false]);
  assertEquals(rows[1].at(-1)!.text, "1 of 3");
  const { optimizers, ...others } = results();
  const [first, second] = optimizers;
  const lost = { ...first, runs: first.runs.slice(0, 1), failures: 1, means: {} };
  assertEquals(resultTable({ ...others, optimizers: [lost, second] }).rows[0].map(({ text }) => text), [
    "momentum",
    "–",
    "–",
    "–",
    "–",
    "1 of 1",
  ]);
});

Deno.test("notes: one seed, shared cores, nothing tuned, resumed runs", () => {
  const all = results(), { comparison } = all;
  assertStringIncludes(notes(all).join("\n"), "over 3 seeds");
  const poor = { ...all, jobs: 2, comparison: { ...comparison, seeds: 1, tuning: null } };
  for (const part of ["One seed", "2 runs at a time", "Nothing was tuned"]) {
    assertStringIncludes(notes(poor).join("\n"), part);
  }
});

const line = (step: number, loss: number, test?: number): MetricsLine => ({
  step,
  loss,
  learned: {},
  refused: 0,
  ...test !== undefined && { test: { loss: test } },
});

Deno.test("curves: bins of steps, evaluations and the end, bands of what all runs have", () => {
  assertEquals([binSteps(1500), binSteps(20), binSteps(100_000)], [30, 2, 2000]);
  const lines = [line(1, 8), line(5, 4), line(10, 2), line(15, 1), line(20, 3)];
  assertEquals(trainingCurve(lines, 10), [{ x: 16 / 3, y: 14 / 3 }, { x: 17.5, y: 2 }]);
  const tested = [line(10, 1, 0.5), line(20, 1, 0.25)];
  assertEquals(testCurve(tested, 20, 0.2), [{ x: 10, y: 0.5 }, { x: 20, y: 0.2 }]);
  assertEquals(testCurve(tested, 25, 0.2).at(-1), { x: 25, y: 0.2 });
  const validated = tested.map(({ test, ...line }) => ({ ...line, validation: test }));
  assertEquals(testCurve(validated, 20, 0.2), testCurve(tested, 20, 0.2));
  assertEquals(testCurve(tested, 20, undefined), []);
  const [a, b] = [[{ x: 1, y: 2 }, { x: 2, y: 5 }], [{ x: 1, y: 4 }]];
  assertEquals(bandOf([a, b]), [{ x: 1, mean: 3, low: 2, high: 4 }]);
  assertEquals(bandOf([]), []);
});

/** Every element of a page is closed where it should be. */
function assertWellFormed(page: string): void {
  const open: string[] = [], empty = new Set(["meta", "br"]);
  for (
    const [, closing, name, selfClosing] of page.replace("<!DOCTYPE html>", "").matchAll(
      /<(\/?)([a-zA-Z][\w-]*)[^>]*?(\/?)>/g,
    )
  ) {
    if (selfClosing || empty.has(name)) continue;
    if (closing) assertEquals(open.pop(), name);
    else open.push(name);
  }
  assertEquals(open, []);
}

for (const fails of [false, true]) {
  Deno.test(`pictures and report: well-formed, and in need of nothing else (${fails ? "with" : "without"} failures)`, () =>
    inFolder(async (folder) => {
      const all = results({ fails });
      for (const { runs } of all.optimizers) {
        for (const run of runs) {
          const path = `${folder}/${run.folder}`,
            text = [1, 100, 200].map((step) => JSON.stringify(line(step, 3 / step, 2)));
          await Deno.mkdir(path, { recursive: true });
          await Deno.writeTextFile(`${path}/metrics.jsonl`, text.join("\n") + "\n");
        }
      }
      const drawn = await pictures(all, folder);
      assertEquals(Object.keys(drawn), ["loss-steps.svg", "loss-time.svg", "tuning.svg"]);
      for (const svg of Object.values(drawn)) {
        assertWellFormed(svg);
        assertFalse(/NaN|undefined|Infinity/.test(svg));
      }
      for (const title of ["Training loss (mean of bins)", "Test loss", "seconds of training"]) {
        assertStringIncludes(drawn["loss-time.svg"], title);
      }
      for (const title of ["λ_FSD", "meta rate"]) assertStringIncludes(drawn["tuning.svg"], title);

      const page = reportPage(all, drawn);
      assertWellFormed(page);
      assertFalse(/undefined|NaN|\[object/.test(page));
      assertFalse(/<(script|link|img|iframe)|(src|href)=|url\(|@import/i.test(page), "self-contained");
      const ids = Array.from(page.matchAll(/ id="([^"]*)"/g), ([, id]) => id);
      assertEquals(new Set(ids).size, ids.length);
      for (const part of ["apo-momentum", "deno task compare", "a processor", "apo 0.0.0", "metaRate at the border"]) {
        assertStringIncludes(page, part);
      }
      assert(page.includes("training stopped at step 21 &#60;&#38;&#62;") === fails);
    }));
}

Deno.test("notes: runs that took another time than the budget are told", () => {
  const given = results();
  const optimizers = given.optimizers.map((optimizer, i) => ({
    ...optimizer,
    means: { ...optimizer.means, seconds: { mean: i === 0 ? 9.5 : 15.5, standardError: 0.1, count: 3 } },
  }));
  const timed = { ...given, optimizers, comparison: { ...given.comparison, budget: { seconds: 15 } } };
  const line = notes(timed).find((line) => line.includes("calibration"));
  assertStringIncludes(line!, "momentum trained for 9.5 s, not 15 s");
  assertFalse(notes({ ...timed, optimizers: optimizers.slice(1) }).some((line) => line.includes("calibration")));
});
