/** Gradients of functions that do not use every parameter, and of those that have none. */
import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { jacobianProducts, type Tensor, type Tensors, valueAndGradients } from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { constant, valuesAndGradients } from "../../runtime/gradients.ts";
import type { ReversePass } from "../../runtime/reverse_pass.ts";
import { UserError } from "../../runtime/errors.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

const of = (value: (params: Tensors) => Tensor, params: Tensors) =>
  valueAndGradients((at) => ({ value: value(at), auxiliary: {} }), params);

async function partly(): Promise<void> {
  const params = { a: tf.tensor1d([1, 2]), b: tf.ones([2, 3]), c: tf.scalar(5) };
  const before = tf.memory().numTensors;
  const { value, gradients, unused } = tf.tidy(() => {
    const { unused, ...tensors } = of(({ a, c }) => tf.mul(tf.sum(tf.square(a)), c), params);
    return { ...tensors, unused: unused.map((name) => tf.scalar(["a", "b", "c"].indexOf(name))) };
  });
  const numbers = async (x: Tensor) => [...await x.data()];
  assertEquals(await numbers(value), [25]);
  assertEquals(await Promise.all(unused.map(numbers)), [[1]]);
  assertEquals(Object.keys(gradients), ["a", "b", "c"]);
  assertEquals([gradients.b.shape, gradients.b.dtype], [[2, 3], "float32"]);
  assertEquals(await numbers(gradients.a), [10, 20]);
  assertEquals(await numbers(gradients.b), [0, 0, 0, 0, 0, 0]);
  assertEquals(await numbers(gradients.c), [5]);
  tf.dispose([value, gradients, unused]);
  assertEquals(tf.memory().numTensors, before);
  tf.dispose(params);
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`valueAndGradients on ${backend}: a parameter that is not used has the gradient 0, and is named`, async () => {
    await chooseBackend(backend);
    await partly();
  });
}
webgpuTest("valueAndGradients on webgpu: a parameter that is not used has the gradient 0, and is named", partly);

Deno.test("valueAndGradients: a value of no parameter, no scalar and no tensor are refused, and nothing leaks", async () => {
  await chooseBackend("cpu");
  const params = { "dense1/kernel": tf.ones([2]), "dense1/bias": tf.ones([2]), c: tf.scalar(1), d: tf.scalar(1) };
  const before = tf.memory().numTensors;
  const refused = (value: (params: Tensors) => Tensor, message: string, given: Tensors = params) =>
    assertThrows(() => tf.tidy(() => of(value, given).value), UserError, message);
  refused(() => tf.exp(tf.scalar(3)), "depends on none of the parameters (dense1/kernel, dense1/bias, c, …)");
  refused((at) => tf.square(at["dense1/bias"]), "has the shape [2]; return a scalar");
  refused((at) => tf.reshape(tf.sum(at["dense1/bias"]), [1]), "has the shape [1]");
  refused((at) => at.c.dataSync()[0] as unknown as Tensor, "is number, not a tensor");
  refused(({ c }) => c, "there are no parameters", {});
  assertEquals(tf.memory().numTensors, before);
  const { gradients } = of(({ c }) => c, params); // and it works again: c itself
  assertEquals(gradients.c.dataSync()[0], 1);
  tf.dispose([gradients, params]);
});

Deno.test("valuesAndGradients: of each value its own gradient, as if it had been taken alone, from one pass forward", async () => {
  await chooseBackend("wasm");
  const params = { w: tf.tensor2d([0.4, -0.2, 0.1, 0.8], [2, 2]), b: tf.tensor1d([0.5, -1]), c: tf.scalar(2) };
  const x = tf.tensor2d([1, 2, -3, 0.5], [2, 2]), before = tf.memory().numTensors;
  let passes = 0;
  const shared = ({ w, b }: Tensors): Tensor => {
    passes++;
    return tf.tanh(tf.add(tf.matMul(x, w as tf.Tensor2D), b));
  };
  const first = (h: Tensor): Tensor => tf.mean(tf.square(h)),
    second = (h: Tensor, c: Tensor): Tensor => tf.mul(tf.sum(h), c);
  const numbers = ({ value, gradients, unused }: ReversePass) => [
    ...[value, ...Object.values(gradients)].map((x) => [...x.dataSync()]),
    unused,
  ];
  tf.tidy(() => {
    const together = valuesAndGradients((at) => {
      const h = shared(at);
      return { values: [first(h), second(h, at.c)], auxiliary: { h } };
    }, params);
    assertEquals(passes, 1);
    assertEquals([...together.auxiliary.h.dataSync()], [...shared(params).dataSync()]);
    const alone = [of((at) => first(shared(at)), params), of((at) => second(shared(at), at.c), params)];
    assertEquals(together.passes.map(numbers), alone.map(numbers));
    assertEquals(together.passes.map(({ unused }) => unused), [["c"], []]);
  });
  assertEquals(tf.memory().numTensors, before);
  // what cannot be differentiated is refused on the first or the second way back, and nothing leaks
  for (const values of [[tf.scalar(1), "c"], ["c", tf.scalar(1)]] as const) {
    assertThrows(
      () =>
        tf.tidy(() =>
          void valuesAndGradients(
            (at) => ({ values: values.map((x) => x === "c" ? second(shared(at), at.c) : x as Tensor), auxiliary: {} }),
            params,
          )
        ),
      UserError,
      "depends on none",
    );
    tf.dispose(values.filter((x) => x !== "c"));
  }
  assertEquals(tf.memory().numTensors, before);
  tf.dispose([params, x]);
});

Deno.test("valuesAndGradients: a gradient that is a tensor which was saved is there for the next way back, too", async () => {
  await chooseBackend("cpu");
  const params = { p: tf.tensor1d([1, 2]) }, slope = tf.tensor1d([2, 4]), before = tf.memory().numTensors;
  const keeping = tf.customGrad((p, save) => {
    (save as (tensors: Tensor[]) => void)([slope]);
    return { value: tf.sum(p as Tensor), gradFunc: (_: Tensor, saved: Tensor[]) => saved[0] };
  });
  tf.tidy(() => {
    const { passes } = valuesAndGradients(({ p }) => {
      const h = keeping(p);
      return { values: [tf.add(tf.sum(p), h), tf.add(h, tf.sum(p))], auxiliary: {} };
    }, params);
    assertEquals(passes.map(({ gradients }) => [...gradients.p.dataSync()]), [[3, 5], [3, 5]]);
  });
  assertEquals(tf.memory().numTensors, before);
  tf.dispose([params, slope]);
});

Deno.test("constant: no gradient goes through what it computes, and the tape goes on after a throw", async () => {
  await chooseBackend("cpu");
  const a = tf.scalar(3);
  const gradient = (f: (a: Tensor) => Tensor) => of(({ a }) => f(a), { a }).gradients.a.dataSync()[0];
  assertEquals(gradient((x) => tf.mul(x, constant(() => tf.square(x)))), 9);
  const slopeOf = (x: Tensor): Tensor => tf.grad((y) => tf.mul(y, tf.square(y)))(x); // 3 x²
  assertEquals(gradient((x) => tf.mul(tf.square(x), constant(() => slopeOf(x)))), 162);
  assertEquals(
    gradient((x) => {
      assertThrows(() =>
        constant(() => {
          throw new Error("no");
        })
      );
      return tf.square(x);
    }),
    6,
  );
});

Deno.test("jacobianProducts: the derivatives in a parameter that is not used are 0", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const params = { a: tf.tensor1d([3, -1]), off: tf.tensor1d([7]) };
    const { times, transposeTimes } = jacobianProducts(({ a }) => tf.square(a), params);
    assertEquals([...times({ a: tf.tensor1d([1, 10]), off: tf.tensor1d([100]) }).dataSync()], [6, -20]);
    const back = transposeTimes(tf.tensor1d([1, 10]));
    assertEquals([[...back.a.dataSync()], [...back.off.dataSync()]], [[6, -20], [0]]);
    assertThrows(
      () => jacobianProducts(() => tf.ones([2]), params).transposeTimes(tf.ones([2])),
      UserError,
      "(a, off)",
    );
    assertThrows(() => transposeTimes(tf.ones([3])), UserError, "return one of the shape [3]");
  });
});
