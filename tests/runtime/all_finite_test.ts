import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { allFinite } from "../../runtime/all_finite.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { elementwise } from "../../runtime/elementwise/elementwise.ts";
import type { Tensors } from "../../runtime/tensor.ts";

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`allFinite on ${backend}: one number among many that is not shows, wherever it is`, async () => {
    await chooseBackend(backend);
    const tested = (tensors: Tensors) => Boolean(allFinite(tensors).dataSync()[0]);
    tf.tidy(() => {
      const whole: Tensors = { a: tf.ones([3, 7]), n: tf.tensor1d([1, 2], "int32"), s: tf.scalar(-4) };
      assertEquals(tested(whole), true);
      assertEquals(tested({}), true);
      assertEquals(tested({ none: tf.zeros([0, 3]), n: whole.n }), true);
      for (const poison of [NaN, Infinity, -Infinity]) {
        for (let i = 0; i < 21; i++) {
          const values = Array.from({ length: 21 }, (_, k) => k === i ? poison : k);
          assertEquals(tested({ ...whole, a: tf.tensor2d(values, [3, 7]) }), false);
        }
        assertEquals(tested({ ...whole, s: tf.scalar(poison) }), false);
      }
    });
  });
}

Deno.test("allFinite on wasm: what formulas compute is known without another pass, and right", async () => {
  await chooseBackend("wasm");
  const formula = elementwise(({ x, y }) => ({ sum: x.add(y), ratio: x.div(y) }));
  tf.tidy(() => {
    for (let i = -1; i < 7; i++) { // within the loop of fours, and beyond it
      const x = { a: tf.tensor1d(Array.from({ length: 7 }, (_, k) => k + 1)) };
      const y = { a: tf.tensor1d(Array.from({ length: 7 }, (_, k) => k === i ? 0 : 1)) };
      const { sum, ratio } = formula({ x, y });
      const tested = (tensors: Tensors) => Boolean(allFinite(tensors).dataSync()[0]);
      assertEquals([tested(sum), tested(ratio), tested({ ...ratio, b: sum.a })], [true, i < 0, i < 0]);
      assertEquals(tested({ a: tf.reshape(ratio.a, [7, 1]) }), i < 0); // an alias
    }
    const huge = { a: tf.fill([7], 3e38) }, zero = { a: tf.zeros([7]) };
    assertEquals(allFinite(formula({ x: huge, y: zero }).sum).dataSync()[0], 1); // though the sum of all seven is not
  });
});
