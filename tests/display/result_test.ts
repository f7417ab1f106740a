import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { isFinished } from "../../studies/compare/results.ts";
import { notes } from "../../studies/compare/comparison_table.ts";
import { resultRows } from "../../training/finished_table.ts";
import { results } from "../studies/compare/results.ts";

Deno.test("a training loss of a sample says so, in a run's result and under a comparison's table", () => {
  const result = { step: 1, train: { loss: 0.5 }, learned: {}, refused: 0, seconds: 1, stepsPerSecond: 1 };
  assertEquals(resultRows(result)[0], ["training loss", "0.5"]);
  assertEquals(resultRows({ ...result, trainSample: 10_000 })[0], ["training loss (10,000 at random)", "0.5"]);

  const whole = results(), said = "The training loss is that of 10,000 examples, drawn at random by the seed.";
  assertFalse(notes(whole).includes(said));
  const optimizers = whole.optimizers.map((one) => ({
    ...one,
    runs: one.runs.map((run) => isFinished(run) ? { ...run, trainSample: 10_000 } : run),
  }));
  assertStringIncludes(notes({ ...whole, optimizers }).join("\n"), said);
});
