/** Shapes that do not agree are refused by every loss and discrepancy, and never broadcast. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy, kl, sigmoidCrossEntropy, squaredError, type Tensor, UserError } from "../../mod.ts";
import { bernoulliKl, bregman, type Discrepancy, logPartition } from "../../proximal/mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { onEveryBackend } from "./on_every_backend.ts";

const TERMS: Readonly<Record<string, Discrepancy>> = {
  crossEntropy,
  sigmoidCrossEntropy,
  squaredError,
  kl,
  bernoulliKl,
  bregman: bregman(logPartition),
};
const MISMATCHED = [[[4, 3], [1, 3]], [[4, 3], [4, 1]], [[4, 3], [3, 3]], [[4, 3], [3]], [[4, 2, 3], [4, 3]], [[
  4,
  2,
  3,
], [
  4,
]]];

for (const [name, term] of Object.entries(TERMS)) {
  onEveryBackend(`${name}: a second argument of another shape is refused`, () => {
    for (const [shape, other] of MISMATCHED) {
      tf.tidy(() => {
        const [outputs, reference] = [tf.ones(shape), tf.ones(other)] as Tensor[];
        const error = assertThrows(() => term(outputs, reference), UserError, `${name}: `);
        for (const told of [shape, other]) {
          assertEquals(error.message.includes(`[${told.join(", ")}]`), true, error.message);
        }
      });
    }
    return Promise.resolve();
  });

  onEveryBackend(`${name}: weights that are not of leading axes are refused`, () => {
    for (const shape of [[3], [1], [4, 1], [1, 2], [4, 3], [4, 2, 1], []]) {
      tf.tidy(() => {
        const outputs: Tensor = tf.ones([4, 2, 3]);
        const message = `weights has the shape [${shape.join(", ")}], but what it weighs has`;
        assertThrows(() => term(outputs, outputs, tf.ones(shape)), UserError, message);
      });
    }
    return Promise.resolve();
  });
}

Deno.test("squaredError: outputs [batch] and targets [batch, 1] are refused, and the message has the remedy", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const outputs = tf.tensor1d([1, 2, 3, 4]), targets = tf.tensor2d([[1], [2], [3], [4]]);
    const message =
      "squaredError: reference has the shape [4, 1], but the outputs have [4]; give both the same shape, " +
      "for example by reshape([4])";
    assertThrows(() => squaredError(outputs, targets), UserError, message);
    assertEquals(squaredError(outputs, tf.reshape(targets, [4])).dataSync()[0], 0);
  });
});

Deno.test("crossEntropy: class numbers [batch, 1] are refused, and right as [batch]", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const outputs = tf.tensor2d([[5, 0, 0], [0, 5, 0], [0, 0, 5], [5, 0, 0]]);
    const labels = tf.tensor2d([[0], [1], [2], [0]], [4, 1], "int32");
    assertThrows(() => crossEntropy(outputs, labels), UserError, "for example by reshape([4])");
    assertAlmostEquals(
      crossEntropy(outputs, tf.reshape(labels, [4])).dataSync()[0],
      Math.log1p(2 * Math.exp(-5)),
      1e-6,
    );
  });
});

Deno.test("a generator whose values are no longer of the weights' axes is refused", () => {
  const perRow = bregman((x) => tf.sum(tf.square(x), [1, 2])); // [batch]
  tf.tidy(() => {
    const outputs: Tensor = tf.ones([4, 2, 3]);
    assertThrows(() => perRow(outputs, outputs, tf.ones([4, 2])), UserError, "weights has the shape [4, 2]");
    assertEquals(perRow(outputs, outputs, tf.ones([4])).dataSync()[0], 0);
  });
});

Deno.test("a loss that is not a scalar is refused: its gradient would be the sum's", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const perExample = ({ x }: Readonly<Record<string, Tensor>>) => ({ value: tf.square(x) as Tensor, auxiliary: {} });
    assertThrows(
      () => valueAndGradients(perExample, { x: tf.tensor1d([1, 2]) }),
      UserError,
      "has the shape [2]; return a scalar",
    );
  });
});
