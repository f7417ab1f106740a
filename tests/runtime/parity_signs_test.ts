/** Signs by the parity of shared bits, against counting the bits. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../runtime/backend.ts";
import { digitsOf, paritySigns } from "../../runtime/parity_signs.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

const numbers = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 20 });

async function assertRight(rows: number[], columns: number[]): Promise<void> {
  const signs = tf.tidy(() => paritySigns(digitsOf(Int32Array.from(rows)), digitsOf(Int32Array.from(columns))));
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
  await chooseBackend("webgpu");
  await assertRight([0, 1, 2, 3, 2 ** 31 - 1, 0x55555555], [1, 7, 2 ** 30, 2 ** 31 - 1, 0x33333333]);
});
