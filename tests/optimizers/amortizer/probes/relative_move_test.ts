/** Relative moves of factors, where the eigenvalues are known. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { relativeMove } from "../../../../optimizers/amortizer/probes/relative_move.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";

const RATE = 0.1;

/** Q diag(eigenvalues) Qᵀ for a reflection Q. */
function withEigenvalues(eigenvalues: number[]): tf.Tensor2D {
  const n = eigenvalues.length, v = tf.tensor2d(eigenvalues.map((_, i) => Math.cos(3 * i + 1)), [n, 1]);
  const reflection = tf.sub(tf.eye(n), tf.mul(2 / tf.sum(tf.square(v)).dataSync()[0], tf.matMul(v, v, false, true)));
  return tf.matMul(tf.mul(reflection, tf.tensor1d(eigenvalues)), reflection as tf.Tensor2D, false, true) as tf.Tensor2D;
}

Deno.test("relativeMove: F (I − μX) for small X, and F (I − μX/‖X‖) for large X, block by block", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const small = withEigenvalues([0.5, -0.3, 0.1, 0]), large = withEigenvalues([-4000, 50, 3, 1]);
    const factor = tf.stack([withEigenvalues([1, 2, 3, 4]), withEigenvalues([2, 2, 1, 1])]);
    const moved = relativeMove(factor, tf.stack([small, large]), RATE);
    const step = tf.stack([small, tf.div(large, 4000)]);
    const expected = tf.sub(factor, tf.mul(RATE, tf.matMul(factor, step))).dataSync();
    moved.dataSync().forEach((x, i) => assertAlmostEquals(x, expected[i], 1e-3));
  });
});

Deno.test("relativeMove: X comes from the right, also where it does not commute with F", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const moved = relativeMove(tf.tensor2d([[2, 1], [0, 3]]), tf.tensor2d([[0.5, 0], [0, -0.2]]), RATE).dataSync();
    [1.9, 1.02, 0, 3.06].forEach((x, i) => assertAlmostEquals(moved[i], x, 1e-6));
  });
});

for (const size of [1e-20, 1e6, 1e12, 1e25, 1e37]) {
  Deno.test(`relativeMove: a slope of ${size} is cut where it is large`, async () => {
    await chooseBackend("cpu");
    tf.tidy(() => {
      const moved = relativeMove(tf.eye(3), tf.mul(tf.eye(3), size), RATE).dataSync();
      assertAlmostEquals(moved[0], 1 - RATE * Math.min(size, 1), 1e-5);
      assertEquals([moved[1], moved[2]], [0, 0]);
    });
  });
}

Deno.test("relativeMove: a slope of 0 changes nothing", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const factor = withEigenvalues([1, 2, 3]);
    assertEquals(relativeMove(factor, tf.zeros([3, 3]), RATE).arraySync(), factor.arraySync());
  });
});
