/** Backward passes free what they are done with, and nothing else. */
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { reversePass } from "../../runtime/reverse_pass.ts";
import type { Tensor } from "../../runtime/tensor.ts";

await chooseBackend("cpu");

Deno.test("a backward pass through a deep network keeps less than all activations and all their gradients", () => {
  const size = 1000, depth = 40, bytes = 4 * size, x = tf.ones([size]), before = tf.memory();
  let most = 0, last = 0;
  /** The identity, which takes note of the memory on the way back. */
  const watched = tf.customGrad((y) => ({
    value: (y as Tensor).clone(),
    gradFunc: (dy: Tensor) => {
      last = tf.memory().numBytes;
      most = Math.max(most, last);
      return dy;
    },
  }));
  const deep = (x: Tensor): Tensor => {
    for (let i = 0; i < depth; i++) x = watched(tf.tanh(tf.mul(x, 1.01)));
    return tf.sum(x);
  };
  const ours = tf.tidy(() => [...reversePass(({ x }) => deep(x), { x }).gradients.x.dataSync()]);
  assertEquals(ours.slice(0, 9), [...tf.tidy(() => tf.grad(deep)(x)).dataSync()].slice(0, 9));
  const theirs = most;
  most = 0;
  tf.tidy(() => void reversePass(({ x }) => deep(x), { x }));
  // each layer saves two tensors; theirs are still there at the end, with three gradients a layer
  assertLess(most - before.numBytes, (2 * depth + 10) * bytes);
  assertLess(last - before.numBytes, 10 * bytes);
  assert(theirs - before.numBytes > 4 * depth * bytes);
  x.dispose();
});

Deno.test("gradients that give away what they were given, twice, or what they saved, or what is not theirs", () => {
  const constant = tf.tensor1d([5, 6]), w = tf.tensor1d([2, 3]), a = tf.tensor1d([1, -1]), b = tf.tensor1d([4, 0.5]);
  const twice = tf.customGrad((p, q) => ({
    value: tf.add(p as Tensor, q as Tensor),
    gradFunc: (dy: Tensor) => [dy, dy],
  }));
  const fixed = tf.customGrad((p) => ({ value: tf.square(p as Tensor), gradFunc: () => constant }));
  const remembered = tf.customGrad((p, save) => {
    (save as tf.GradSaveFunc)([p as Tensor]);
    return { value: tf.square(p as Tensor), gradFunc: (_dy: Tensor, [saved]: Tensor[]) => saved };
  });
  const kept: Tensor[] = [];
  const keeping = tf.customGrad((p) => ({
    value: (p as Tensor).clone(),
    gradFunc: (dy: Tensor) => {
      kept.push(tf.keep(tf.mul(dy, 2)));
      return kept[0];
    },
  }));
  const f = ({ a, b }: Readonly<Record<string, Tensor>>): Tensor => {
    const sum = twice(tf.mul(a, 3), tf.tanh(b));
    return tf.addN([sum, fixed(tf.mul(a, 2)), remembered(tf.mul(b, 2)), keeping(tf.mul(b, 7))]);
  };
  const before = tf.memory().numTensors;
  const [slopeA, slopeB] = tf.tidy(() => Object.values(reversePass(f, { a, b }, w).gradients));
  const [tanhA, tanhB] = [4, 0.5].map((x) => 1 - Math.tanh(x) ** 2), values = [...slopeB.dataSync()];
  assertEquals([...slopeA.dataSync()], [2 * 3 + 5 * 2, 3 * 3 + 6 * 2]);
  assertLess(Math.abs(values[0] - (2 * tanhA + 2 * 8 + 2 * 2 * 7)), 1e-4);
  assertLess(Math.abs(values[1] - (3 * tanhB + 2 * 1 + 2 * 3 * 7)), 1e-4);
  assert([constant, w, a, b, ...kept].every((tensor) => !tensor.isDisposed));
  assertEquals([...constant.dataSync()], [5, 6]);
  assertEquals(tf.memory().numTensors, before + 2 + kept.length);
  tf.dispose([constant, w, a, b, slopeA, slopeB, kept]);
});
