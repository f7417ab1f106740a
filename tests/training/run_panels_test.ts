import { assert, assertEquals } from "@std/assert";
import type { MetricsLine } from "../../training/metrics_lines.ts";
import { curvesSvg } from "../../display/curves_svg.ts";
import { runPanels } from "../../training/run_panels.ts";

const line = (step: number, more: Partial<MetricsLine> = {}): MetricsLine => ({
  step,
  loss: 1 / step,
  learned: { rate: 0.1 * step },
  refused: 0,
  ...more,
});

Deno.test("runPanels: loss, a panel for each test metric, the learned quantities", () => {
  const panels = runPanels([
    line(1),
    line(2, { test: { loss: 3, accuracy: 0.5, reconstructionError: 8 } }),
    line(4, { test: { loss: 2, accuracy: 0.75, reconstructionError: 4 }, loss: null as unknown as number }),
  ]);
  assertEquals(panels.map(({ title }) => title), [
    "Loss",
    "Test accuracy",
    "Test reconstruction error",
    "Learning rate",
  ]);
  const scores = { loss: 3, accuracy: 0.5 },
    end = { step: 4, validation: { loss: 2, accuracy: 0.75 }, test: { loss: 9 } };
  const validated = runPanels([line(1), line(2, { validation: scores }), line(4)], end);
  assertEquals(validated.map(({ title }) => title), ["Loss", "Validation accuracy", "Learning rate"]);
  assertEquals(validated[0].series[1], {
    name: "validation",
    points: [{ step: 2, value: 3 }, { step: 4, value: 2 }],
  });
  const structured = runPanels([line(1, { learned: { "A condition": 2, "S² median": 0.1 } })]);
  assertEquals(structured.at(-1)!.title, "Learned quantities");
  const [loss, accuracy, , learned] = panels.map(({ series }) => series.map(({ points }) => points));
  assertEquals(loss, [[{ step: 1, value: 1 }, { step: 2, value: 0.5 }], [{ step: 2, value: 3 }, {
    step: 4,
    value: 2,
  }]]);
  assertEquals(accuracy, [[{ step: 2, value: 0.5 }, { step: 4, value: 0.75 }]]);
  assertEquals(learned.length, 1);
  assertEquals(learned[0].map(({ step }) => step), [1, 2, 4]);
});

Deno.test("runPanels: a run without tests and learned quantities, and one without lines, still make a picture", async () => {
  const bare = runPanels([line(1, { learned: {} }), line(10, { learned: {} })]);
  assertEquals(bare.map(({ title }) => title)[0], "Loss");
  assert(bare.every(({ title }) => !title.startsWith("Test")));
  for (const panels of [bare, runPanels([])]) assert((await curvesSvg(panels)).startsWith("<svg"));
});
