/** The signs of probes. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { drawSigns, signs, type SignsForm } from "../../../../optimizers/amortizer/probes/signs.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { type Random, random } from "../../../../runtime/random.ts";

/** The rows as arrays, a last one that is apart among them. */
function rowsOf(form: SignsForm, stream: Random): number[][] {
  return tf.tidy(() => {
    const { body, last } = signs(drawSigns(form, stream));
    return [...body.arraySync() as number[][], ...last ? [last.arraySync() as number[]] : []];
  });
}

const inner = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i], 0);

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`signs on ${backend}: ±1, and rows of a block are orthogonal where columns are a power of two`, async () => {
    await chooseBackend(backend);
    const rows = rowsOf({ rows: 37, columns: 16, block: 12 }, random(0, "x"));
    assertEquals(rows.length, 37);
    assert(rows.flat().every((x) => Math.abs(x) === 1));
    for (let i = 0; i < rows.length; i++) {
      for (let j = i; j < Math.min(i + 12, rows.length); j++) assertEquals(inner(rows[i], rows[j]), i === j ? 16 : 0);
    }
  });

  Deno.test(`signs on ${backend}: a last row that is apart is the same row`, async () => {
    await chooseBackend(backend);
    const form = { rows: 6, columns: 5, block: 3 };
    assertEquals(rowsOf({ ...form, lastApart: true }, random(0, "x")), rowsOf(form, random(0, "x")));
  });
}

const one = random(2, "test");
for (
  const [form, streamOf, streams] of [
    [{ rows: 3, columns: 2, block: 3 }, (k: number) => random(0, `${k}`), "a stream each"],
    [{ rows: 3, columns: 5, block: 2 }, () => one, "one stream"],
  ] as const
) {
  Deno.test(`signs: mean 0, covariance I, over many draws of ${streams}, ${form.columns} columns`, async () => {
    await chooseBackend("cpu");
    const draws = Array.from({ length: 2000 }, (_, k) => rowsOf(form, streamOf(k)).flat());
    const mean = (f: (x: number[]) => number) => draws.reduce((sum, x) => sum + f(x), 0) / draws.length;
    for (let i = 0; i < draws[0].length; i++) {
      assertAlmostEquals(mean((x) => x[i]), 0, 0.1); // 4.5 standard deviations
      for (let j = 0; j <= i; j++) assertAlmostEquals(mean((x) => x[i] * x[j]), i === j ? 1 : 0, 0.1);
    }
  });
}
