import { assertAlmostEquals, assertGreater, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { forbidSecondOrder } from "../../runtime/first_order.ts";
import type { Tensor } from "../../runtime/tensor.ts";

Deno.test("forbidSecondOrder lets first derivatives pass, and one after another", async () => {
  await chooseBackend("cpu");
  forbidSecondOrder("gradients");
  for (let i = 0; i < 2; i++) {
    tf.tidy(() => tf.grad((x) => tf.square(x))(tf.scalar(3)));
    forbidSecondOrder("gradients");
  }
});

Deno.test("forbidSecondOrder throws inside a gradient, names the caller, and not after one that threw", async () => {
  await chooseBackend("cpu");
  const inside = (x: Tensor) => {
    forbidSecondOrder("metaGradient");
    return tf.square(x);
  };
  tf.tidy(() => {
    assertThrows(() => tf.grad(inside)(tf.scalar(3)), UserError, "metaGradient was called inside a function");
    const weight = tf.variable(tf.scalar(1));
    assertThrows(() => tf.variableGrads(() => inside(weight) as tf.Scalar), UserError, "metaGradient");
    weight.dispose();
  });
  forbidSecondOrder("gradients");
});

Deno.test("tfjs's second derivative of x tanh x is wrong; drop the guard when it is right", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const second = tf.grad(tf.grad((x) => tf.mul(x, tf.tanh(x))))(tf.scalar(0.7)).dataSync()[0];
    const t = Math.tanh(0.7), right = 2 * (1 - t * t) - 2 * 0.7 * t * (1 - t * t);
    assertAlmostEquals(right, 0.732, 1e-3);
    assertGreater(Math.abs(second - right), 0.1);
  });
});
