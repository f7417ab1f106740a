import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../runtime/errors.ts";
import { rateText } from "../../../studies/find_rate/rate_text.ts";
import { geometricMedian, settledRate } from "../../../studies/find_rate/settled.ts";
import { geometricMean } from "../../../studies/statistics.ts";

const curve = (rates: number[]) => rates.map((rate, i) => ({ step: i + 1, rate }));

Deno.test("settledRate: the geometric median of what comes after step 20, by hand", () => {
  const early = new Array(20).fill(1000);
  assertEquals(settledRate(curve([...early, 4, 1, 2])), { rate: 2, range: [1, 4] });
  const { rate, range: [low, high] } = settledRate(curve([...early, 1, 100, 4, 9]));
  assertAlmostEquals(rate, 6, 1e-12);
  assertEquals([low, high], [1, 100]);
  assertThrows(() => settledRate(curve(early)), UserError, "step 20");
});

Deno.test("settledRate: a rate that runs off to its cap at the end changes little", () => {
  const steady = new Array(200).fill(0.1), growing = steady.map((rate, i) => i < 150 ? rate : rate * 1.05 ** (i - 149));
  assertAlmostEquals(settledRate(curve(growing)).rate, settledRate(curve(steady)).rate, 1e-12);
});

Deno.test("geometricMean and geometricMedian: equal ratios count alike", () => {
  assertAlmostEquals(geometricMean([0.01, 1]), 0.1, 1e-15);
  assertAlmostEquals(geometricMedian([100, 0.01, 1]), 1, 1e-15);
  assertEquals(geometricMedian([7]), 7);
});

Deno.test("rateText: two digits that a command line takes", () => {
  const rates = [0.0712345, 0.000523, 1e-6, 10, 0.5, 1, 123.4, 2e7, 0.00999, 9.96e-4];
  const texts = ["0.071", "5.2e-4", "1e-6", "10", "0.5", "1", "120", "2e7", "0.01", "0.001"];
  assertEquals(rates.map(rateText), texts);
});
