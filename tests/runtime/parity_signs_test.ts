/** Signs by the parity of shared bits, against counting the bits; the order of a Hadamard matrix's lines, against chance. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { paritySigns, randomLines } from "../../runtime/parity_signs.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

const numbers = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 20 });

async function assertRight(rows: number[], columns: number[]): Promise<void> {
  const signs = tf.tidy(() => paritySigns(tf.tensor1d(rows, "int32"), tf.tensor1d(columns, "int32")));
  const sign = (i: number, j: number) => (i & j).toString(2).replaceAll("0", "").length % 2 === 0 ? 1 : -1;
  const expected = rows.flatMap((i) => columns.map((j) => sign(i, j)));
  assertEquals(signs.shape, [rows.length, columns.length]);
  assertEquals(Array.from(await signs.data()), expected);
  signs.dispose();
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`paritySigns on ${backend} count the bits that two numbers share`, async () => {
    await chooseBackend(backend);
    await fc.assert(fc.asyncProperty(numbers, numbers, assertRight));
  });
}

webgpuTest("paritySigns on webgpu count the bits that two numbers share", async () => {
  await assertRight([0, 1, 2, 3, 2 ** 31 - 1, 0x55555555], [1, 7, 2 ** 30, 2 ** 31 - 1, 0x33333333]);
  const many = Array.from({ length: 300 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 1);
  await assertRight(many, many.slice(0, 31));
});

type Lines = Parameters<typeof randomLines> extends [unknown, ...infer Rest] ? Rest : never;

async function lines(seed: number, step: number, ...rest: Lines): Promise<number[]> {
  const tensor = tf.tidy(() => randomLines(chanceOf(seed, step), ...rest)), values = Array.from(await tensor.data());
  assertEquals([tensor.dtype, tensor.shape], ["int32", [values.length]]);
  tensor.dispose();
  return values;
}

const SIGNS = 3 * 2 ** 22;

Deno.test("randomLines: any so many lines that follow each other are different, and more come again in the same order", async () => {
  await chooseBackend("cpu");
  for (const size of [1, 2, 4, 8, 16, 32, 64, 128, 1024, 8192]) {
    const places = (await lines(1, size, "x", "rows", 2 * size + 1, size)).map((line) => line & ~SIGNS);
    assertEquals(places.slice(0, size).sort((a, b) => a - b), Array.from({ length: size }, (_, i) => i));
    assertEquals(places.slice(size), [...places.slice(0, size), places[0]]);
  }
});

const CASES: Lines[] = [
  ["a", "rows", 1, 1],
  ["a", "columns", 5, 2],
  ["b", "rows", 37, 16],
  ["b", "columns", 300, 512],
  ["c", "rows", 2000, 1024],
];

for (const backend of ["wasm", "webgpu"] as const) {
  const test = backend === "wasm" ? Deno.test : webgpuTest;
  test(`randomLines on ${backend} are those on cpu`, async () => {
    for (const [step, rest] of CASES.entries()) {
      await chooseBackend(backend);
      const ours = await lines(4, step, ...rest);
      await chooseBackend("cpu");
      assertEquals(ours, await lines(4, step, ...rest));
    }
  });
}

Deno.test("randomLines: each pair of places is as frequent, whatever the signs; rows and columns, names and seeds have orders of their own", async () => {
  await chooseBackend("cpu");
  const size = 8, steps = 14_000, pairs = new Map<string, number>(), bits = { rows: 0, product: 0 };
  for (let step = 0; step < steps; step++) {
    const [a, b, c] = await lines(5, step, "x", "rows", 3, size);
    assert([a, b, c].every((line) => line & 2 ** 23), "the columns' signs count in every row");
    const pair = `${a & 7} ${c & 7}`, sign = (line: number) => line & 2 ** 22 ? -1 : 1;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    bits.rows += sign(a);
    bits.product += sign(a) * sign(b);
  }
  const expected = steps / (size * (size - 1));
  assertEquals(pairs.size, size * (size - 1));
  const chiSquare = [...pairs.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assertAlmostEquals(chiSquare, 55, 5 * Math.sqrt(2 * 55));
  for (const sum of Object.values(bits)) assertAlmostEquals(sum / steps, 0, 5 / Math.sqrt(steps));
  const order = (...[seed, name, side]: [number, string, "rows" | "columns"]) => lines(seed, 1, name, side, 64, 64);
  const first = (await order(1, "x", "rows")).map((line) => line & 63);
  for (const other of [order(2, "x", "rows"), order(1, "y", "rows"), order(1, "x", "columns")]) {
    assertNotEquals((await other).map((line) => line & 63), first);
  }
});
