import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { terminalChart, terminalLines } from "../../display/terminal_chart.ts";

const points = (values: number[], every = 1) => values.map((value, i) => ({ step: i * every, value }));
const lines = (text: string) => text.split("\n");

Deno.test("terminalChart: a straight line, drawn by hand", () => {
  assertEquals(
    terminalChart("y = x", points([0, 10, 20, 30, 40], 25), { width: 21, height: 4 }),
    [
      "y = x",
      "      40 ┤         ╭─",
      "      30 ┤      ╭──╯",
      "      20 ┤    ╭─╯",
      "      10 ┤ ╭──╯",
      "       0 ┤─╯",
      "          step 0 … 100",
    ].join("\n"),
  );
});

Deno.test("terminalChart: on a log scale a geometric decay is straight and labelled in its own unit", () => {
  const decay = points(Array.from({ length: 13 }, (_, i) => 10 ** (3 - i / 2)));
  const chart = terminalChart("rate", decay, { width: 40, height: 6, log: true });
  const labels = lines(chart).slice(1, -1).map((line) => Number(line.split("┤")[0]));
  assertEquals(labels, [1000, 100, 10, 1, 0.1, 0.01, 0.001]);
  const starts = lines(chart).slice(1, -1).map((line) => line.search(/╮/)).slice(0, -1);
  const gaps = starts.slice(1).map((at, i) => at - starts[i]);
  assert(Math.max(...gaps) - Math.min(...gaps) <= 1, `${gaps}`);
  assert(chart.endsWith("step 0 … 12 (vertical axis logarithmic)"));
});

// Taking every k-th point instead of the mean would show either the peaks or the valleys only.
Deno.test("terminalChart: many points are averaged column by column", () => {
  const noisy = points(Array.from({ length: 10_000 }, (_, i) => i % 2 === 0 ? 0 : 2));
  const chart = terminalChart("mean 1", noisy.concat({ step: 20_000, value: 3 }), { width: 60, height: 4 });
  assert(lines(chart)[5].startsWith(`    1.00 ┤${"─".repeat(20)}`), chart);
});

Deno.test("terminalChart: a gap in the steps is bridged in proportion to the steps", () => {
  const chart = terminalChart("gap", [{ step: 0, value: 4 }, { step: 10, value: 4 }, { step: 100, value: 0 }], {
    width: 41,
    height: 4,
  });
  assert(lines(chart)[1].endsWith("┤──────╮"), chart); // the first tenth is flat, then it falls evenly
});

Deno.test("terminalChart: no points, one point, a constant, values that are none", () => {
  assertEquals(terminalChart("loss", [], { width: 40 }), "loss\n(no values to draw)");
  assertEquals(terminalChart("loss", points([NaN, Infinity]), { width: 40 }), "loss\n(no values to draw)");
  assertEquals(terminalChart("loss", points([0, -1]), { width: 40, log: true }), "loss\n(no values to draw)");
  const flat = (label: string, steps: string) => [label, `┤${"─".repeat(11)}`, steps];
  const middle = (
    chart: string,
  ) => [lines(chart)[3].slice(0, 9), lines(chart)[3].slice(9), lines(chart).at(-1)!.trim()];
  assertEquals(
    middle(terminalChart("a", [{ step: 7, value: 20 }], { width: 21, height: 4 })),
    flat("    20.0 ", "step 7"),
  );
  // Averaging a constant leaves rounding noise, which must not be blown up to the whole height.
  const constant = points(new Array(1000).fill(0.35));
  assertEquals(middle(terminalChart("a", constant, { width: 21, height: 4 })), flat("   0.350 ", "step 0 … 999"));
  assertEquals(middle(terminalChart("a", points([0, 0]), { width: 21, height: 4 })), flat("    0.00 ", "step 0 … 1"));
  const holes = [{ step: 0, value: 0 }, { step: 5, value: NaN }, { step: 10, value: 4 }];
  const whole = [{ step: 0, value: 0 }, { step: 10, value: 4 }];
  assertEquals(terminalChart("a", holes, { width: 40 }), terminalChart("a", whole, { width: 40 }));
});

Deno.test("terminalChart: always the asked height, never wider than asked, always the same", () => {
  const float = fc.oneof(
    fc.float(),
    fc.double({ min: -10, max: 10 }).map(Math.fround),
    fc.constantFrom(NaN, Infinity, 0, -0),
  );
  const measured = fc.array(fc.tuple(fc.nat(50), float), { maxLength: 60 }).map((pairs) => {
    let step = 0;
    return pairs.map(([gap, value]) => ({ step: step += gap, value }));
  });
  const options = fc.record({
    width: fc.integer({ min: 30, max: 100 }),
    height: fc.integer({ min: 1, max: 12 }),
    log: fc.boolean(),
  });
  fc.assert(fc.property(measured, options, (measured, options) => {
    const chart = terminalChart("t", measured, options);
    assertEquals(terminalChart("t", measured, options), chart);
    if (chart.endsWith("(no values to draw)")) return;
    assertEquals(lines(chart).length, options.height + 3);
    for (const line of lines(chart).slice(0, -1)) assert(line.length <= options.width, chart);
    assert(!/NaN|Infinity|undefined/.test(chart), chart);
  }));
});

Deno.test("terminalLines: lines share the axis, the last on top", () => {
  const up = points([0, 10, 20, 30, 40], 25), flat = points([20, 20, 20, 20, 20], 25);
  assertEquals(
    terminalLines("two", [up, flat], { width: 21, height: 4 }),
    [
      "two",
      "      40 ┤         ╭─",
      "      30 ┤      ╭──╯",
      "      20 ┤───────────",
      "      10 ┤ ╭──╯",
      "       0 ┤─╯",
      "          step 0 … 100",
    ].join("\n"),
  );
  assertEquals(terminalLines("none", [], { width: 40 }), "none\n(no values to draw)");
});
