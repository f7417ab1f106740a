/** The signs of probes. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type SignsForm, whiteSigns } from "../../../../optimizers/amortizer/probes/signs.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { type Chance, chanceOf } from "../../../../runtime/chance.ts";
import { everywhere } from "../../../runtime/everywhere.ts";

/** The rows as arrays, a last one that is apart among them. */
function rowsOf(form: SignsForm, chance: Chance, name = "x"): number[][] {
  return tf.tidy(() => {
    const { body, last } = whiteSigns(chance, name, form);
    return [...body.arraySync() as number[][], ...last ? [last.arraySync() as number[]] : []];
  });
}

const inner = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i], 0);

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`signs on ${backend}: ±1, and rows of a block are orthogonal where columns are a power of two`, async () => {
    await chooseBackend(backend);
    const rows = rowsOf({ rows: 37, columns: 16, block: 12 }, chanceOf(0, 0));
    assertEquals(rows.length, 37);
    assert(rows.flat().every((x) => Math.abs(x) === 1));
    for (let i = 0; i < rows.length; i++) {
      for (let j = i; j < Math.min(i + 12, rows.length); j++) assertEquals(inner(rows[i], rows[j]), i === j ? 16 : 0);
    }
  });
}

everywhere("signs: a last row that is apart is the same row", async () => {
  const form = { rows: 6, columns: 5, block: 3 }, chance = chanceOf(0, 0);
  const { whole, body, last } = tf.tidy(() => {
    const { body, last } = whiteSigns(chance, "x", { ...form, lastApart: true });
    return { whole: whiteSigns(chance, "x", form).body, body, last: last! };
  });
  assertEquals([...await body.data(), ...await last.data()], [...await whole.data()]);
  tf.dispose([whole, body, last]);
});

const few = { rows: 3, columns: 2, block: 3 }, many = { rows: 3, columns: 5, block: 2 };
const cases: [string, SignsForm, (k: number) => number[][]][] = [
  ["steps", few, (k) => rowsOf(few, chanceOf(0, k))],
  ["steps", many, (k) => rowsOf(many, chanceOf(1, k))],
  ["names", few, (k) => rowsOf(few, chanceOf(0, 0), `${k}`)],
];
for (const [over, { columns }, draw] of cases) {
  Deno.test(`signs: mean 0, covariance I, over many ${over}, ${columns} columns`, async () => {
    await chooseBackend("cpu");
    const draws = Array.from({ length: 2000 }, (_, k) => draw(k).flat());
    const mean = (f: (x: number[]) => number) => draws.reduce((sum, x) => sum + f(x), 0) / draws.length;
    for (let i = 0; i < draws[0].length; i++) {
      assertAlmostEquals(mean((x) => x[i]), 0, 0.1); // 4.5 standard deviations
      for (let j = 0; j <= i; j++) assertAlmostEquals(mean((x) => x[i] * x[j]), i === j ? 1 : 0, 0.1);
    }
  });
}
