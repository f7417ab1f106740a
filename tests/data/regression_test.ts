import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, gaussian, type Model, rootMeanSquaredError, UserError } from "../../mod.ts";
import { random } from "../../runtime/random.ts";
import { type Dataset, disposeBatch } from "../../data/dataset.ts";
import { regression } from "../../data/regression.ts";
import type { Table } from "../../data/table.ts";
import { evaluate } from "../../training/evaluate.ts";

await chooseBackend("cpu");

const ROWS = 43;
const draw = random(3, "table"), targets = Array.from({ length: ROWS }, () => 100 + 7 * draw.normal());
/** A number, its row's; a constant; a target; a large number. */
const rowOf = (row: number, third = 0.1): number[] => [row, third, targets[row], 1e6 + row * row];
const tableOf = (rows: readonly number[][]): Table => ({
  columns: ["row", "third", "target", "large"],
  rows: rows.length,
  values: Float64Array.from(rows.flat()),
});
const all = Array.from({ length: ROWS }, (_, row) => rowOf(row)), roles = { target: 2, inputs: [0, 1, 3] };

/** All inputs and targets of a data set. */
function contents(data: Dataset): { x: number[][]; y: number[] } {
  const batch = data.batch(Array.from({ length: data.size }, (_, i) => i));
  const x = (batch.inputs.x as tf.Tensor2D).arraySync(), y = (batch.targets as tf.Tensor2D).arraySync();
  disposeBatch(batch);
  assert(y.every((row) => row.length === 1));
  return { x, y: y.flat() };
}

/** The rows' numbers of both parts: the order of a standardized column is that of the column. */
function split(table: Table): { train: number[]; test: number[] } {
  const { train, test } = regression(table, roles), parts = [contents(train).x, contents(test).x];
  const sorted = parts.flat().map(([row]) => row).sort((a, b) => a - b);
  const [trained, tested] = parts.map((x) => x.map(([row]) => sorted.indexOf(row)));
  return { train: trained, test: tested };
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));

Deno.test("regression: a tenth to test on, no row on both sides, at random, the same each time", () => {
  const { train, test } = split(tableOf(all));
  assertEquals([train.length, test.length], [39, 4]);
  assertEquals([...train, ...test].sort((a, b) => a - b), Array.from({ length: ROWS }, (_, i) => i));
  assertEquals(split(tableOf(all)), { train, test });
  assertNotEquals(test, [0, 1, 2, 3]);
  assertNotEquals(test, [39, 40, 41, 42]);
});

Deno.test("regression: standardized by the mean and deviation of the training rows alone", () => {
  const parts = split(tableOf(all)), { train, test } = regression(tableOf(all), roles);
  for (const [rows, data] of [[parts.train, train], [parts.test, test]] as const) {
    const { x, y } = contents(data);
    for (const column of [0, 2, 3]) {
      const trained = parts.train.map((row) => all[row][column]);
      rows.forEach((row, i) => {
        const expected = (all[row][column] - mean(trained)) / deviation(trained);
        assertAlmostEquals(column === 2 ? y[i] : x[i][column === 3 ? 2 : column], expected, 1e-5);
      });
    }
    assertAlmostEquals(data.targetScale!, deviation(parts.train.map((row) => targets[row])), 1e-9);
  }
});

// 0.1 has no exact binary form: its mean over rows is another number, and the deviation not exactly 0.
Deno.test("regression: a column that is constant on the training rows is 0, whatever it is on the test rows", () => {
  const { test } = split(tableOf(all));
  for (const elsewhere of [0.1, 9]) {
    const table = tableOf(all.map((_, row) => rowOf(row, test.includes(row) ? elsewhere : 0.1)));
    for (const data of Object.values(regression(table, roles))) {
      assertEquals(contents(data).x.map((row) => row[1]), new Array(data.size).fill(0));
    }
  }
});

Deno.test("regression: refuses a table that is too small, and a target that never changes", () => {
  assertThrows(() => regression(tableOf(all.slice(0, 9)), roles), UserError, "has 9 rows; give 10 or more");
  assertThrows(() => regression(tableOf(all), { target: 1, inputs: [0] }), UserError, "third is the same in all rows");
});

Deno.test("rootMeanSquaredError: in the target's own units", async () => {
  const parts = split(tableOf(all)), { test } = regression(tableOf(all), roles);
  const model: Model = { // says the training mean, whatever the input
    leaves: {},
    init: () => ({ params: {}, buffers: {} }),
    apply: (_, buffers, { x }) => ({ outputs: tf.zeros([(x as tf.Tensor).shape[0], 1]), buffers }),
  };
  const problem = { model, output: gaussian() };
  const { rmse, loss } = await evaluate(problem, { rmse: rootMeanSquaredError }, {}, {}, test);
  const guess = mean(parts.train.map((row) => targets[row]));
  const expected = Math.sqrt(mean(parts.test.map((row) => (targets[row] - guess) ** 2)));
  assertAlmostEquals(rmse, expected, 1e-5 * expected);
  assertAlmostEquals(loss, 0.5 * (rmse / test.targetScale!) ** 2, 1e-6);
});
