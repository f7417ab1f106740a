import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { learnSubwords } from "../../data/text/subwords.ts";
import { holdOut } from "../../data/hold_out.ts";
import { rows } from "../../data/rows.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { type Dataset, disposeBatch } from "../../data/dataset.ts";

const labels = Array.from({ length: 40 }, (_, i) => i);
const data = {
  train: rows({ inputs: labels.map((i) => [i]), labels }),
  test: rows({ inputs: [[7]], labels: [1000] }),
  source: "numbers",
};

/** The labels of all examples, in order. */
function labelsOf(examples: Dataset): number[] {
  const batch = examples.batch(Array.from({ length: examples.size }, (_, i) => i));
  const { targets, inputs } = batch,
    values = Array.from(targets.dataSync()),
    x = (inputs.x as typeof targets).dataSync();
  assertEquals(Array.from(x), values, "inputs belong to their labels");
  disposeBatch(batch);
  return values;
}

Deno.test("holdOut: every training example is on one side, the same in each run, and the test data are on none", async () => {
  await chooseBackend("cpu");
  const { train, test, source } = holdOut(data, 0.1);
  const kept = labelsOf(train), held = labelsOf(test!);
  assertEquals([kept.length, held.length], [36, 4]);
  assertEquals([...kept, ...held].sort((a, b) => a - b), labels);
  assertEquals(labelsOf(holdOut(data, 0.1).test!), held);
  assertEquals(held.some((label, i) => label !== i), true, "a random choice, as data may be sorted by class");
  assertStringIncludes(source, "4 are held out");
});

Deno.test("holdOut: of texts each example has its line still, and a thousand at most are translated", () => {
  const lines = (size: number) => {
    const labels = Array.from({ length: size }, (_, i) => i), source = labels.map((i) => `${i} de`);
    const train = { source, target: labels.map((i) => `${i} en`) },
      subwords = learnSubwords(source, { vocabulary: 300 });
    return {
      train: rows({ inputs: labels.map((i) => [i]), labels }),
      source: "lines",
      text: { subwords, train, test: train },
    };
  };
  const data = lines(40), { train, test, text, source } = holdOut(data, 0.1);
  for (const [part, pairs] of [[train, text!.train], [test!, text!.test]] as const) {
    const labels = labelsOf(part);
    assertEquals(pairs, { source: labels.map((i) => `${i} de`), target: labels.map((i) => `${i} en`) });
  }
  assertEquals([text!.subwords, text!.validation, "validation" in text!], [data.text.subwords, undefined, false]);
  assertMatch(source, /4 are held out and tested on$/);
  const many = holdOut(lines(2002), 0.5), first = labelsOf(many.test!).slice(0, 1000);
  assertEquals(many.text!.test.source, first.map((i) => `${i} de`));
  assertStringIncludes(many.source, "1,001 are held out and tested on; BLEU is that of 1,000 of them");
});

Deno.test("holdOut: indices are checked; a share that leaves nothing is refused", () => {
  const { test } = holdOut(data, 0.1);
  assertThrows(() => test!.batch([4]), UserError, "there are 4 examples");
  for (const share of [0.001, 0.999]) assertThrows(() => holdOut(data, share), UserError, `holdout=${share}`);
});
