import { assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { bestOf, figureCell, worstOf } from "../../../studies/reproduce/contest.ts";
import { geometricMean } from "../../../studies/statistics.ts";
import {
  judged,
  logRatios,
  overall,
  type Question,
  ratioText,
  type Verdict,
} from "../../../studies/reproduce/verdict.ts";

const judge = (ours: number[], theirs: number[] | undefined, below: number, more: Partial<Question> = {}) =>
  judged({ claim: "smaller", ours, theirs, below, ...more });

Deno.test("verdict: beyond two standard errors on either side, and in between", () => {
  const { E } = Math; // logarithms −1, −1.5, −2: mean −1.5, standard error 0.5/√3, so from −2.077 to −0.923
  const ours = [E ** -1, E ** -1.5, E ** -2];
  const cases: [below: number, Verdict][] = [
    [E ** -0.92, "supported"],
    [E ** -0.93, "inconclusive"],
    [E ** -2.07, "inconclusive"],
    [E ** -2.08, "not supported"],
  ];
  for (const [below, verdict] of cases) assertEquals(judge(ours, undefined, below).verdict, verdict, `below ${below}`);
  assertEquals(judge(ours, [1, 1, 1], 1).why, "× 0.223 (0.125 … 0.397) over 3 seeds, to be below × 1");
  assertMatch(judge(ours, undefined, 0.3).why, /two standard errors$/);
  assertEquals(
    judge([1.0084, 1.0084, 1.0084], undefined, 1.01).why,
    "1.008 over 3 seeds, to be below 1.01",
    "near 1 finer",
  );
});

Deno.test("verdict: seeds are paired, so what a seed does to both does not count as scatter", () => {
  const theirs = [1, 100, 10_000];
  assertEquals(judge([0.8, 80, 8100], theirs, 1).verdict, "supported");
  assertEquals(judge([0.8, 8100, 80], theirs, 1).verdict, "inconclusive");
  const logs = logRatios([0.8, 80], [1, 100]);
  assertAlmostEquals(logs[0], Math.log(0.8));
  assertAlmostEquals(logs[1], Math.log(0.8));
});

Deno.test("verdict: ties are inconclusive, with and without scatter", () => {
  assertEquals(judge([2, 3, 4], [2, 3, 4], 1).verdict, "inconclusive");
  assertEquals(judge([2, 3, 4], [3, 2, 4], 1).verdict, "inconclusive");
  assertEquals(judge([1, 1, 1], undefined, 1).verdict, "inconclusive");
});

Deno.test("verdict: one seed too few, none, and a run without a figure are inconclusive", () => {
  assertEquals(judge([0.1, 0.1], [1, 1], 1), {
    claim: "smaller",
    verdict: "inconclusive",
    why: "2 seeds are too few: 3 or more tell how much chance does",
  });
  assertEquals(judge([], [], 1).verdict, "inconclusive");
  for (const [ours, theirs] of [[[0.1, NaN, 0.1], [1, 1, 1]], [[0.1, 0.1, 0.1], [1, 1, NaN]]]) {
    assertEquals(judge(ours, theirs, 1).why, "1 of 3 seeds have no figure");
  }
  assertEquals(judge([0.1, Infinity, 0.1], [1, Infinity, 1], 1).verdict, "inconclusive", "both diverged: ∞/∞");
});

Deno.test("verdict: runs that diverged decide only where all seeds agree", () => {
  const lost = [Infinity, Infinity, Infinity];
  assertEquals(judge(lost, [1, 1, 1], 1).verdict, "not supported");
  assertEquals(judge([Infinity, 3, 2], [1, 1, 1], 1).verdict, "not supported");
  assertEquals(judge([Infinity, 0.1, 0.1], [1, 1, 1], 1).verdict, "inconclusive");
  assertStringIncludes(judge([Infinity, 0.1, 0.1], [1, 1, 1], 1).why, "× ∞, 0.1, 0.1 by seed");
  assertEquals(judge([1, 1, 1], lost, 1).verdict, "supported");
  assertEquals(judge([1, 2, 3], [Infinity, 1, 4], 1).verdict, "inconclusive");
});

Deno.test("verdict: tuning at the border takes a victory over that baseline away, and an own defeat", () => {
  const win: [number[], number[], number] = [[1, 1.1, 0.9], [2, 2, 2], 1], loss: typeof win = [win[1], win[0], 1];
  assertEquals(judge(...win, { atBorder: { theirs: ["adam"] } }).verdict, "inconclusive");
  assertStringIncludes(judge(...win, { atBorder: { theirs: ["adam", "kfac"] } }).why, "adam and kfac is at the border");
  assertEquals(
    judge(...win, { atBorder: { ours: ["apo"], theirs: [] } }).verdict,
    "supported",
    "it can only get better",
  );
  assertEquals(judge(...loss, { atBorder: { theirs: ["adam"] } }).verdict, "not supported", "adam can only get better");
  assertEquals(judge(...loss, { atBorder: { ours: ["apo"] } }).verdict, "inconclusive");
});

Deno.test("verdict: of several parts", () => {
  const all = (...verdicts: Verdict[]) => overall(verdicts.map((verdict) => ({ verdict })));
  assertEquals(all("supported", "supported"), "supported");
  assertEquals(all("supported", "inconclusive"), "inconclusive");
  assertEquals(all("inconclusive", "not supported", "supported"), "not supported");
  assertEquals(all(), "inconclusive");
});

Deno.test("contest: the best in the geometric mean; what diverged or has no figure is never the best", () => {
  const entry = (name: string, figures: number[]) => ({ name, figures });
  const entries = [
    entry("nothing", [NaN, 1, 1]),
    entry("lost", [Infinity, 1e-9, 1e-9]),
    entry("even", [2, 2, 2]),
    entry("uneven", [1, 1, 7]),
  ];
  assertEquals(bestOf(entries).name, "uneven");
  assertEquals(worstOf(entries).name, "nothing");
  assertEquals([worstOf(entries.slice(1)).name, worstOf(entries.slice(2)).name], ["lost", "even"]);
  assertAlmostEquals(geometricMean([1, 1, 8]), 2);
  assertEquals(geometricMean([Infinity, 1]), Infinity);
  assertEquals(figureCell([4, 4, 4]).text, "4");
  assertEquals(figureCell([4, Infinity, 4]).text, "4, 1 of 3 failed");
  assertEquals(figureCell([NaN, NaN, NaN]).text, "–, 3 of 3 failed");
  assertEquals(ratioText({ mean: 0, standardError: null, count: 1 }), "1");
});
